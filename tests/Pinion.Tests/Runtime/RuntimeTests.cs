using Pinion.TestSupport;

namespace Pinion.Tests;

[NonParallelizable]
public sealed class RuntimeTests
{
    [Test]
    public void The_library_in_use_tells_its_versions()
    {
        RuntimeInfo info = PinionRuntime.Info;

        Assert.That(info.Sdk, Is.AnyOf(Sdk.Nvidia, Sdk.Cuda, Sdk.Host));
        Assert.That(info.TensorRtCompiled, Is.GreaterThanOrEqualTo(new Version(8, 0)));
        Assert.That(info.TensorRtLoaded, Is.Not.Null);
        Assert.That(File.Exists(info.LibraryPath), Is.True);
        Assert.That(info.PinionVersion, Is.Not.Empty);
        Assert.That(PinionRuntime.IsSupported, Is.True);
        Assert.That(PinionRuntime.UnsupportedReason, Is.Null);
    }

    [Test]
    public void The_host_says_that_it_computes_on_the_CPU()
    {
        Device.RequireHost();
        RuntimeInfo info = PinionRuntime.Info;

        Assert.That(info.ComputesOnGpu, Is.False);
        Assert.That(info.FastFp16, Is.False);
        Assert.That(info.OnnxRuntimeVersion, Is.Not.Null, () => info.OnnxRuntimeError!);
        Assert.That(info.OnnxRuntimeError, Is.Null);
        Assert.That(PinionRuntime.GetDevices().Single().ComputeCapability, Is.EqualTo(new Version(0, 0)));
    }

    [Test]
    public void What_is_not_in_use_has_a_reason()
    {
        Assert.That(PinionRuntime.Unavailable.Select(u => u.Reason), Has.None.Empty);
        Assert.That(PinionRuntime.Unavailable.Select(u => u.Sdk), Has.None.EqualTo(PinionRuntime.Info.Sdk));
    }

    [Test]
    public void Every_sdk_says_what_it_can_do_here()
    {
        IReadOnlyList<SdkStatus> all = PinionRuntime.ProbeAll();

        Assert.That(all.Select(s => s.Sdk), Is.EqualTo(Enum.GetValues<Sdk>()));
        Assert.That(all.SelectMany(s => new[] { s.CannotRun, s.CannotBuild }), Has.None.EqualTo(""));
        SdkStatus used = all.Single(s => s.Sdk == PinionRuntime.Info.Sdk);
        Assert.That(used.CannotRun is null, Is.EqualTo(PinionRuntime.CannotRun is null));
        Assert.That(used.CannotBuild, Is.Null);
        Assert.That(PinionRuntime.CannotBuild, Is.Null);
    }

    [Test]
    public void Another_sdk_than_the_one_in_use_is_refused()
    {
        Sdk used = PinionRuntime.Info.Sdk;
        Sdk other = Enum.GetValues<Sdk>().First(s => s != used);

        Assert.That(() => PinionRuntime.Use(used), Throws.Nothing);
        Check.Throws<InvalidOperationException>(() => PinionRuntime.Use(other), $"The SDK {used.GetName()} is in use already");
    }

    [Test]
    public void Devices_are_described()
    {
        IReadOnlyList<DeviceInfo> devices = PinionRuntime.GetDevices();

        Assert.That(devices, Is.Not.Empty);
        for (int i = 0; i < devices.Count; i++)
        {
            Assert.That(devices[i].Index, Is.EqualTo(i));
            Assert.That(devices[i].Name, Is.Not.Empty);
            Assert.That(devices[i].TotalBytes, Is.Positive);
            Assert.That(PinionRuntime.GetFreeBytes(i), Is.InRange(1, devices[i].TotalBytes));
        }
    }

    [Test]
    public void The_log_goes_to_the_callback_until_it_is_replaced()
    {
        int lines = 0;
        PinionRuntime.SetLog((_, message) => Interlocked.Add(ref lines, message.Length > 0 ? 1 : 0), LogSeverity.Verbose);
        try
        {
            EngineBuilder.Build(TestModels.Identity.ToBytes()).Dispose();
            int first = lines;
            Assert.That(first, Is.Positive);

            PinionRuntime.SetLog((_, _) => throw new InvalidOperationException("dropped"), LogSeverity.Verbose);
            Assert.That(() => EngineBuilder.Build(TestModels.Identity.ToBytes()).Dispose(), Throws.Nothing);
            Assert.That(lines, Is.EqualTo(first));
        }
        finally
        {
            PinionRuntime.SetLog(null);
        }

        Check.Throws<ArgumentOutOfRangeException>(() => PinionRuntime.SetLog(null, (LogSeverity)9), "maxSeverity");
    }

    [Test]
    public void A_plugin_library_that_does_not_exist_is_named() =>
        Check.Throws<PinionException>(() => PinionRuntime.LoadPlugins("/nowhere/plugins.so"), "/nowhere/plugins.so");
}
