using System.Diagnostics;

namespace Pinion.Benchmarking.Tests;

public sealed class ClockWatchTests
{
    [Test]
    public void Clocks_that_hold_are_no_warning()
    {
        SuiteClocks clocks = Watch(new ScriptedClocks([(100, Throttling.None), (98, Throttling.None)]))!;
        Assert.Multiple(() =>
        {
            Assert.That(clocks.Ratio, Is.EqualTo(0.98).Within(1e-12));
            Assert.That(clocks.LowestMHz, Is.Null);
            Assert.That(ClockWatch.Warnings(clocks), Is.Empty);
        });
    }

    [Test]
    public void Clocks_that_moved_and_what_held_them_down_are_told()
    {
        SuiteClocks clocks = Watch(new ScriptedClocks([(1380, Throttling.None), (1104, Throttling.Heat | Throttling.PowerCap)]) { IsMHz = true })!;
        string[] warnings = [.. ClockWatch.Warnings(clocks)];
        Assert.Multiple(() =>
        {
            Assert.That((clocks.LowestMHz, clocks.HighestMHz), Is.EqualTo((1104, 1380)));
            Assert.That(warnings, Has.Length.EqualTo(2));
            Assert.That(warnings[0], Does.Contain("80%").And.Contain("1104 to 1380 MHz"));
            Assert.That(warnings[1], Does.Contain("the power cap, heat"));
        });
    }

    [Test]
    public void Too_little_to_tell_is_null()
    {
        Assert.That(Watch(new ScriptedClocks([(1380, Throttling.None)])), Is.Null);
        Assert.That(ClockWatch.Warnings(null), Is.Empty);
    }

    [Test]
    public void A_source_that_costs_nothing_is_read_meanwhile()
    {
        var source = new ScriptedClocks([.. Enumerable.Range(0, 5).Select(i => (1000.0 + i, Throttling.None))]) { CanReadMeanwhile = true, IsMHz = true };
        using var watch = ClockWatch.Start(source, TimeSpan.Zero);
        Assert.That(source.AllRead.Wait(TimeSpan.FromSeconds(60)));
        Assert.That(watch.Stop(), Has.Property(nameof(SuiteClocks.LowestMHz)).EqualTo(1000).And.Property(nameof(SuiteClocks.HighestMHz)).EqualTo(1004));
    }

    [Test]
    public void The_CPUs_clock_is_read()
    {
        using var clocks = new CpuClocks();
        Assert.That(clocks.Read()!.Value.Speed, Is.GreaterThan(0).And.LessThan(1));
    }

    [Test]
    public void A_GPUs_clock_comes_from_NVML()
    {
        string library = FakeNvml();
        Assert.That(GpuClocks.Open("0000:FF:00.0", library), Is.Null, "a device that NVML does not know");
        using GpuClocks clocks = GpuClocks.Open("0000:01:00.0", library)!;
        Assert.Multiple(() =>
        {
            Assert.That(clocks.Read(), Is.EqualTo(new ClockReading(1380, Throttling.None)));
            Assert.That(clocks.Read(), Is.EqualTo(new ClockReading(1200, Throttling.PowerCap)));
            Assert.That(clocks.Read(), Is.EqualTo(new ClockReading(900, Throttling.Heat)));
            Assert.That(clocks.Read(), Is.EqualTo(new ClockReading(800, Throttling.Hardware)));
            Assert.That(clocks.Read(), Is.Null, "the device fell off the bus");
        });
    }

    [Test]
    public void Without_NVML_there_is_no_GPU_clock() => Assert.That(GpuClocks.Open("0000:01:00.0", "/nowhere/libnvidia-ml.so.1"), Is.Null);

    private static SuiteClocks? Watch(IClockSource source)
    {
        using var watch = ClockWatch.Start(source, TimeSpan.Zero);
        return watch.Stop();
    }

    /// <summary>A library with NVML's entry points, which knows one device and answers by script.</summary>
    private static string FakeNvml()
    {
        string folder = TestContext.CurrentContext.WorkDirectory;
        string source = Path.Combine(folder, "fake_nvml.c");
        string library = Path.Combine(folder, $"libfake_nvml_{Environment.ProcessId}.so");
        File.WriteAllText(source, """
            #include <string.h>
            static int reading;
            static const struct { unsigned mhz; unsigned long long reasons; } script[] = {{1380, 0x1}, {1200, 0x4}, {900, 0x48}, {800, 0x8}};
            int nvmlInit_v2(void) { reading = 0; return 0; }
            int nvmlShutdown(void) { return 0; }
            int nvmlDeviceGetHandleByPciBusId_v2(const char* id, void** device) { *device = (void*)1; return strcmp(id, "0000:01:00.0") == 0 ? 0 : 6; }
            int nvmlDeviceGetClockInfo(void* device, int type, unsigned* mhz) {
                if (device != (void*)1 || type != 1 || reading == 4) return 15;
                *mhz = script[reading].mhz;
                return 0;
            }
            int nvmlDeviceGetCurrentClocksThrottleReasons(void* device, unsigned long long* reasons) { (void)device; *reasons = script[reading++].reasons; return 0; }
            """);
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("needs a C compiler that is called as on Linux");
        }

        using var compiler = Process.Start("c++", ["-x", "c", "-shared", "-fPIC", "-o", library, source]);
        compiler.WaitForExit();
        Assert.That(compiler.ExitCode, Is.Zero);
        return library;
    }

    private sealed class ScriptedClocks((double Speed, Throttling Throttling)[] script) : IClockSource
    {
        private int _next;

        public string Description => "a script";

        public bool CanReadMeanwhile { get; init; }

        public bool IsMHz { get; init; }

        public ManualResetEventSlim AllRead { get; } = new();

        public ClockReading? Read()
        {
            if (_next == script.Length)
            {
                AllRead.Set();
                return null;
            }

            (double speed, Throttling throttling) = script[_next++];
            return new ClockReading(speed, throttling);
        }

        public void Dispose() => AllRead.Dispose();
    }
}
