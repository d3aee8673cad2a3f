using System.Diagnostics;

namespace Pinion.Benchmarks;

/// <summary>Builds of one SDK, in process and not.</summary>
/// <param name="Ratio">Median of the isolated builds less the start of the process, over the median of those in process.</param>
/// <param name="RatioWithStart">The same with the start.</param>
/// <param name="InProcessMs">Median, call to plan.</param>
/// <param name="IsolatedMs">Median, call to plan.</param>
/// <param name="StartMs">What an isolated build of a model of one node takes longer than the same in process, medians: the process, and what its SDK sets up once.</param>
/// <param name="RatioP25">Lower quartile of the ratio of neighbouring builds, with the start.</param>
/// <param name="RatioP75">Upper quartile of the same.</param>
/// <param name="Builds">Of each, in turns.</param>
internal sealed record IsolatedBuildResult(
    double Ratio, double RatioWithStart, double InProcessMs, double IsolatedMs, double StartMs, double RatioP25, double RatioP75, int Builds);

/// <param name="Worst">The higher of the two ratios.</param>
/// <param name="Host">With the host SDK.</param>
/// <param name="Rtx">With TensorRT for RTX; null where it is not here.</param>
internal sealed record IsolatedBuildsResult(double Worst, IsolatedBuildResult Host, IsolatedBuildResult? Rtx);

/// <summary>PaddleOCR's detector, built in turns in this process and in one of its own.</summary>
internal static class IsolatedBuilds
{
    private const int Builds = 9;

    public static IsolatedBuildsResult Measure()
    {
        IsolatedBuildResult host = In(Sdk.Host);
        IsolatedBuildResult? rtx = PinionRuntime.ProbeAll().Single(s => s.Sdk == Sdk.Rtx).CannotBuild is null ? In(Sdk.Rtx) : null;
        return new IsolatedBuildsResult(Math.Max(host.Ratio, rtx?.Ratio ?? 0), host, rtx);
    }

    /// <summary>In the child process, which holds the SDK that is measured.</summary>
    public static IsolatedBuildResult MeasureHere()
    {
        string model = Path.Combine(Settings.Require("PINION_TEST_MODELS"), "ch_PP-OCRv4_det_infer.onnx");
        var options = new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:min=1x3x32x32,opt=1x3x320x320,max=2x3x640x640")] };
        byte[] small = BenchmarkModels.Identity();
        var inProcess = new List<double>();
        var isolated = new List<double>();
        var smallIsolated = new List<double>();
        var smallInProcess = new List<double>();
        // The first pair fills the caches of files and is not counted.
        for (int i = -1; i < Builds; i++)
        {
            bool isolatedFirst = i % 2 == 0;
            double first = isolatedFirst ? Isolated() : InProcess();
            double second = isolatedFirst ? InProcess() : Isolated();
            double smallThere = Milliseconds(() => EngineBuilder.BuildIsolatedAsync(small).GetAwaiter().GetResult().Plan.Dispose());
            double smallHere = Milliseconds(() => EngineBuilder.Build(small).Dispose());
            if (i >= 0)
            {
                inProcess.Add(isolatedFirst ? second : first);
                isolated.Add(isolatedFirst ? first : second);
                smallIsolated.Add(smallThere);
                smallInProcess.Add(smallHere);
            }
        }

        double here = Statistics.Median(Statistics.Sorted(inProcess));
        double there = Statistics.Median(Statistics.Sorted(isolated));
        double startMs = Statistics.Median(Statistics.Sorted(smallIsolated)) - Statistics.Median(Statistics.Sorted(smallInProcess));
        double[] ratios = [.. isolated.Zip(inProcess, (a, b) => a / b)];
        return new IsolatedBuildResult(
            (there - startMs) / here, there / here, here, there, startMs,
            Statistics.Percentile(Statistics.Sorted(ratios), 25), Statistics.Percentile(Statistics.Sorted(ratios), 75), Builds);

        double InProcess() => Milliseconds(() => EngineBuilder.Build(model, options).Dispose());

        double Isolated() => Milliseconds(() => EngineBuilder.BuildIsolatedAsync(model, options).GetAwaiter().GetResult().Plan.Dispose());
    }

    private static IsolatedBuildResult In(Sdk sdk) =>
        ChildProcess.Run<IsolatedBuildResult>(["child-isolated-builds"], new Dictionary<string, string> { ["PINION_SDK"] = sdk.GetName() });

    private static double Milliseconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
