using System.Diagnostics;

namespace Pinion.Tests;

public sealed class TimingsTests
{
    [Test]
    public async Task Times_are_consistent([Values] bool graph, [Values("run", "enqueue", "async")] string way)
    {
        using Engine engine = TestEngines.Dense();
        using Session session = engine.CreateSession(new SessionOptions { UseGraph = graph, WarmBatches = [32] });
        long before = Stopwatch.GetTimestamp();

        switch (way)
        {
            case "run":
                session.Run(32);
                break;
            case "enqueue":
                session.Enqueue(32);
                session.Wait();
                break;
            default:
                await session.RunAsync(32);
                break;
        }

        double outside = (Stopwatch.GetTimestamp() - before) * 1000.0 / Stopwatch.Frequency;
        Timings times = session.Timings;
        Assert.That(times.UsedGraph, Is.EqualTo(graph));
        Assert.That(times.GpuComputeMs, Is.Positive);
        Assert.That(times.HostToDeviceMs, Is.GreaterThanOrEqualTo(0));
        Assert.That(times.DeviceToHostMs, Is.GreaterThanOrEqualTo(0));
        Assert.That(times.EnqueueMs, Is.Positive);
        Assert.That(times.LatencyMs, Is.EqualTo(times.HostToDeviceMs + times.GpuComputeMs + times.DeviceToHostMs));
        Assert.That(times.StartNanoseconds, Is.LessThan(times.EnqueuedNanoseconds));
        Assert.That(times.EnqueuedNanoseconds, Is.LessThanOrEqualTo(times.DoneNanoseconds));
        Assert.That(times.NativeWallMs, Is.EqualTo((times.DoneNanoseconds - times.StartNanoseconds) / 1e6));
        Assert.That(times.WallMs, Is.GreaterThanOrEqualTo(times.NativeWallMs).And.LessThanOrEqualTo(outside));
        Assert.That(times.ManagedMs, Is.EqualTo(times.WallMs - times.NativeWallMs));
    }

    [Test]
    public void Without_device_times_host_times_remain()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession(new SessionOptions { TimingInterval = 0 });
        session.Run();

        Timings times = session.Timings;

        Assert.That((times.HasDeviceTimes, times.LatencyMs), Is.EqualTo((false, 0f)));
        Assert.That(times.NativeWallMs, Is.Positive);
        Assert.That(
            () => engine.CreateSession(new SessionOptions { TimingInterval = -1 }),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("TimingInterval"));
    }

    [Test]
    public void Every_third_run_has_device_times([Values] bool graph)
    {
        using Engine engine = TestEngines.Dense();
        using Session session = engine.CreateSession(new SessionOptions { UseGraph = graph, TimingInterval = 3 });
        var timed = new List<bool>();
        for (int i = 0; i < 7; i++)
        {
            session.Run(1 + (i % 2));
            Timings times = session.Timings;
            Assert.That(times.GpuComputeMs > 0, Is.EqualTo(times.HasDeviceTimes));
            timed.Add(times.HasDeviceTimes);
        }

        Assert.That(timed, Is.EqualTo(new[] { true, false, false, true, false, false, true }));
    }

    [Test]
    public void There_are_none_before_a_run()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();

        Check.Throws<InvalidOperationException>(() => _ = session.Timings, "no completed run");
    }
}
