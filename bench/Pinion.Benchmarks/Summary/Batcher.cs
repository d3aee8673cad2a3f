using System.Globalization;

namespace Pinion.Benchmarks;

/// <summary>The micro-batcher, idle and under load.</summary>
internal sealed record BatcherResults(BatcherIdleResult Idle, BatcherLoadResult Load);

/// <summary>Requests against runs of the session itself, each in a process of its own, over a plan of an identity with a batch.</summary>
internal static class Batcher
{
    /// <summary>Of a run under load, simulated: it takes no CPU, as on a GPU, whose time it stands for.</summary>
    private const int DeviceMicroseconds = 4000;

    private const string Faults = "PINION_HOST_TENSORRT_FAULTS";

    public static BatcherResults Measure(string folder)
    {
        string plan = Path.Combine(folder, "rows.plan");
        try
        {
            BuildPlan(plan);
            return new BatcherResults(ChildProcess.Run<BatcherIdleResult>(["child-batcher-idle", plan]), MeasureLoad(plan));
        }
        finally
        {
            File.Delete(plan);
        }
    }

    /// <summary>A plan of an identity, for batches of 1 to 8 rows of 16 floats.</summary>
    public static int BuildPlan(string path)
    {
        OptimizationProfile profile = new OptimizationProfile()
            .Add("x", [1, BenchmarkModels.IdentityLength], [8, BenchmarkModels.IdentityLength], [8, BenchmarkModels.IdentityLength]);
        using Plan built = EngineBuilder.Build(BenchmarkModels.BatchedIdentity(), new EngineBuildOptions { Profiles = [profile], ProfileCopies = 8 });
        built.Save(path);
        return 0;
    }

    private static BatcherLoadResult MeasureLoad(string plan)
    {
        // A real device takes the time that it takes.
        var environment = new Dictionary<string, string>();
        if (PinionRuntime.Info.Sdk == Sdk.Host)
        {
            environment[Faults] = string.Create(CultureInfo.InvariantCulture, $"enqueue_delay={DeviceMicroseconds}");
        }

        return ChildProcess.Run<BatcherLoadResult>(["child-batcher-load", plan], environment);
    }
}
