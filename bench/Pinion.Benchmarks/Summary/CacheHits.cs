using System.Diagnostics;
using System.Security.Cryptography;
using Pinion.Onnx;

namespace Pinion.Benchmarks;

/// <summary>The second build of one model at the command line against the least that a command takes.</summary>
/// <param name="Ratio">Median of `pinion build --cache`, a hit, over median of `pinion --version`, process start to exit.</param>
/// <param name="HitMs">Median.</param>
/// <param name="VersionMs">Median.</param>
/// <param name="RatioP25">Lower quartile of the ratio of neighbouring runs.</param>
/// <param name="RatioP75">Upper quartile of the same.</param>
/// <param name="Runs">Of each, in turns.</param>
internal sealed record CacheStartResult(double Ratio, double HitMs, double VersionMs, double RatioP25, double RatioP75, int Runs);

/// <param name="Load">An engine of 302 MB from a cache beside hashing its model and loading its plan. The cache is the subject.</param>
/// <param name="PlanBytes">Size of the plan.</param>
/// <param name="Start">A small model at the command line.</param>
internal sealed record CacheHitsResult(Comparison Load, long PlanBytes, CacheStartResult Start);

/// <summary>What a plan costs that is in a cache.</summary>
internal static class CacheHits
{
    private const long WeightBytes = 300_000_000;
    private const int Blocks = 12;
    private const int Runs = 40;
    private const int WarmUp = 5;
    private const int HashBytes = 1 << 20;

    public static CacheHitsResult Measure(string folder)
    {
        string model = Path.Combine(folder, "cached.onnx");
        string root = Path.Combine(folder, "engine-cache");
        try
        {
            BenchmarkModels.SaveConvolutions(model, WeightBytes);
            var cache = new EngineCache(root);
            string plan;
            using (CachedPlan built = cache.GetOrBuild(model))
            {
                plan = built.Path!;
            }

            var load = Comparison.Run(
                Block(() => Load(cache, model)),
                Block(() =>
                {
                    Hash(model);
                    Engine.Load(plan).Dispose();
                }),
                Blocks, callsPerBlock: 1, warmUp: 1);
            long bytes = new FileInfo(plan).Length;
            new OnnxModel().Input("x", OnnxType.Float32, 16).Output("y", OnnxType.Float32, 16).Node("Identity", ["x"], ["y"]).Save(model);
            return new CacheHitsResult(load, bytes, Start(model, root));
        }
        finally
        {
            File.Delete(model);
            if (Directory.Exists(root))
            {
                Directory.Delete(root, recursive: true);
            }
        }
    }

    private static void Load(EngineCache cache, string model)
    {
        CachedEngine found = cache.LoadOrBuild(model);
        found.Engine.Dispose();
        if (found.Report.Outcome != CacheOutcome.Hit)
        {
            throw new InvalidOperationException($"built because {string.Join("; ", found.Report.Reasons)}");
        }
    }

    private static CacheStartResult Start(string model, string root)
    {
        string pinion = Settings.Require("PINION_TEST_CLI");
        string[] build = ["build", model, "--cache", root];
        CliStart.Time(pinion, build);
        var ofHit = new List<double>();
        var ofVersion = new List<double>();
        for (int i = -WarmUp; i < Runs; i++)
        {
            bool hitFirst = i % 2 == 0;
            double first = hitFirst ? CliStart.Time(pinion, build) : CliStart.Time(pinion, "--version");
            double second = hitFirst ? CliStart.Time(pinion, "--version") : CliStart.Time(pinion, build);
            if (i >= 0)
            {
                ofHit.Add(hitFirst ? first : second);
                ofVersion.Add(hitFirst ? second : first);
            }
        }

        double[] ratios = Statistics.Sorted(ofHit.Zip(ofVersion, (h, v) => h / v));
        double hit = Statistics.Median(Statistics.Sorted(ofHit));
        double version = Statistics.Median(Statistics.Sorted(ofVersion));
        return new CacheStartResult(hit / version, hit, version, Statistics.Percentile(ratios, 25), Statistics.Percentile(ratios, 75), Runs);
    }

    /// <summary>As the cache does, with .NET's own means.</summary>
    private static void Hash(string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        byte[] buffer = new byte[HashBytes];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
        }

        _ = hash.GetHashAndReset();
    }

    private static Comparison.Block Block(Action work) => nanoseconds =>
    {
        for (int i = 0; i < nanoseconds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            nanoseconds[i] = Clock.ToNanoseconds(Stopwatch.GetTimestamp() - start);
        }
    };
}
