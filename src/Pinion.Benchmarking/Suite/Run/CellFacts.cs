namespace Pinion.Benchmarking;

/// <summary>The words that every cell carries about what it ran on and computed in.</summary>
internal static class CellFacts
{
    /// <summary>Whether half precision is computed, or only asked for.</summary>
    public static bool ComputesHalf(SuiteEnvironment environment, string precision) => environment.IsGpu && precision == Precisions.Fp16;

    public static string RanOn(SuiteEnvironment e) => e.Sdk switch
    {
        Sdk.Host => $"no GPU: TensorRT host SDK {e.TensorRt} on the CPU ({Hardware(e)})",
        Sdk.Cuda => $"no GPU computing: TensorRT host SDK {e.TensorRt} on the CPU ({Hardware(e)}); memory, streams and copies are those of {e.Device}",
        _ => $"{e.Device} (SM {e.ComputeCapability}), TensorRT {e.TensorRt}",
    };

    public static string ComputedIn(SuiteEnvironment environment, string precision) =>
        environment.IsGpu ? precision.ToUpperInvariant()
        : precision == Precisions.Fp16 ? "FP32 (FP16 was asked for, but the host SDK computes in FP32: neither figures nor times are those of FP16)"
        : "FP32";

    public static string Hardware(SuiteEnvironment e) => e.IsGpu ? e.Device : $"{e.Cpu}, {e.CpuCores} core{(e.CpuCores == 1 ? "" : "s")}";

    /// <summary>What the accuracy figures compare; honest where that is the same engine twice.</summary>
    public static string ReferenceText(SuiteEnvironment environment, string precision)
    {
        const string Inputs = "on the same seeded inputs";
        if (environment.Sdk != Sdk.Host)
        {
            return $"the FP32 engine of the host SDK, run once on the CPU {Inputs}";
        }

        return precision == Precisions.Fp32
            ? $"the same FP32 engine of the host SDK, run once without a graph in a process of its own {Inputs}: this checks the way of running, not the engine"
            : $"the FP32 engine of the host SDK, run once {Inputs}; this cell was computed in FP32 too, so this says nothing about FP16";
    }
}
