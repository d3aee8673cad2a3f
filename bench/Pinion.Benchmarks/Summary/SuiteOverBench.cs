using System.Diagnostics;
using System.Text;

namespace Pinion.Benchmarks;

/// <summary>A cell of the suite against `pinion bench` on the plan that the suite built.</summary>
/// <param name="Deviation">The larger of the ratio and its inverse.</param>
/// <param name="Ratio">Median of the suite's median latencies over median of bench's.</param>
/// <param name="SuiteMs">Median.</param>
/// <param name="BenchMs">Median.</param>
/// <param name="RatioP25">Lower quartile of the ratio of neighbouring runs.</param>
/// <param name="RatioP75">Upper quartile of the same.</param>
/// <param name="Runs">Of each, in turns.</param>
internal sealed record SuiteOverBenchResult(double Deviation, double Ratio, double SuiteMs, double BenchMs, double RatioP25, double RatioP75, int Runs);

/// <summary>
/// What the suite's harness adds to what it measures. The device's time is simulated, since that of a CPU differs by more from
/// process to process than what is looked for.
/// </summary>
internal static class SuiteOverBench
{
    private const int Runs = 8;
    private static readonly Dictionary<string, string> Device = new() { ["PINION_HOST_TENSORRT_FAULTS"] = "enqueue_delay=10000" };

    public static SuiteOverBenchResult Measure(string folder)
    {
        string work = Path.Combine(folder, "suite-over-bench");
        try
        {
            Directory.CreateDirectory(work);
            string model = Path.Combine(work, "convolution.onnx");
            File.WriteAllBytes(model, BenchmarkModels.Image(channels: 4, size: 16, layers: 1, stride: 1));
            var suite = new List<double>();
            var bench = new List<double>();
            for (int i = 0; i < Runs; i++)
            {
                string run = Path.Combine(work, $"run{i}");
                suite.Add(Suite(model, run));
                bench.Add(Bench(Directory.GetFiles(Path.Combine(run, "engines"), "*.plan").Single()));
            }

            double ratio = Statistics.Median(Statistics.Sorted(suite)) / Statistics.Median(Statistics.Sorted(bench));
            double[] ratios = [.. suite.Zip(bench, (s, b) => s / b)];
            return new SuiteOverBenchResult(
                Math.Max(ratio, 1 / ratio), ratio, Statistics.Median(Statistics.Sorted(suite)), Statistics.Median(Statistics.Sorted(bench)), Statistics.Percentile(Statistics.Sorted(ratios), 25),
                Statistics.Percentile(Statistics.Sorted(ratios), 75), Runs);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static double Suite(string model, string folder)
    {
        Start("suite", "--quick", "--models", model, "-o", folder, "--json");
        return SuiteLatencies.Read(folder).Single().LatencyMs;
    }

    /// <summary>With the settings of the suite's quick form.</summary>
    private static double Bench(string plan) =>
        LatencyReport.FromJson(Encoding.UTF8.GetBytes(Start("bench", plan, "--warm-up", "50", "--duration", "0.5", "--iterations", "5", "--json"))).Results[0].LatencyMs.Median;

    private static string Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Settings.Require("PINION_TEST_CLI"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in Device)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"'pinion {string.Join(' ', arguments)}' ended with exit code {process.ExitCode}: {errors.Result}");
    }
}
