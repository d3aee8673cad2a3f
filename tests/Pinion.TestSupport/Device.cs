namespace Pinion.TestSupport;

/// <summary>
/// The device that the one suite runs on: whatever PINION_SDK picks. What a machine lacks is an explicit skip with its
/// reason; PINION_REQUIRE_GPU=1 turns a missing GPU into a failure.
/// </summary>
internal static class Device
{
    public static bool GpuIsRequired => Environment.GetEnvironmentVariable("PINION_REQUIRE_GPU") == "1";

    public static bool IsTensorRtReal => PinionRuntime.Info.ComputesOnGpu;

    public static void RequireGpu()
    {
        if (IsTensorRtReal)
        {
            return;
        }

        string reason = $"needs a GPU and TensorRT; running on SDK {PinionRuntime.Info.Sdk}: "
            + string.Join("; ", PinionRuntime.Unavailable.Select(u => $"{u.Sdk}: {u.Reason}"));
        if (GpuIsRequired)
        {
            Assert.Fail($"PINION_REQUIRE_GPU=1, but this {reason}");
        }

        Assert.Ignore(reason);
    }

    /// <summary>For scripted faults, which only the host's CUDA and TensorRT know.</summary>
    public static void RequireHost()
    {
        if (PinionRuntime.Info.Sdk != Sdk.Host)
        {
            Assert.Ignore($"scripts faults of the host SDK; running on SDK {PinionRuntime.Info.Sdk}");
        }
    }
}
