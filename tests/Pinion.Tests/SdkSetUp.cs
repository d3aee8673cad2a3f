using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Says what the suite runs on, and refuses to run without a native library.</summary>
[SetUpFixture]
public sealed class SdkSetUp
{
    [OneTimeSetUp]
    public void Report()
    {
        Assert.That(PinionRuntime.IsSupported, Is.True, () => PinionRuntime.UnsupportedReason!);
        RuntimeInfo info = PinionRuntime.Info;
        TestContext.Progress.WriteLine(
            $"Pinion.Tests on SDK {info.Sdk}, TensorRT {info.TensorRtLoaded}, {PinionRuntime.CannotRun ?? PinionRuntime.GetDevices()[0].Name} ({info.LibraryPath})");
        if (Device.GpuIsRequired)
        {
            Assert.That(info.ComputesOnGpu, Is.True, () => $"PINION_REQUIRE_GPU=1, but the SDK in use is {info.Sdk}: "
                + string.Join("; ", PinionRuntime.Unavailable.Select(u => $"{u.Sdk}: {u.Reason}")));
        }
    }
}
