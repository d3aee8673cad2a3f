using System.Diagnostics;
using Pinion.Cli.Measuring;

namespace Pinion.Cli.Tests.Measuring;

public sealed class MeasuringLoopTests
{
    private static readonly MeasureOptions NoTime = new() { WarmUpMs = 0, DurationSeconds = 0, Iterations = 10 };

    [Test]
    public void RunsUntilTheIterationsAreMet()
    {
        var slots = new FakeSlots(1);
        Measurement measurement = MeasuringLoop.Measure(slots, NoTime, default);
        Assert.That(measurement.Samples.Count, Is.EqualTo(10));
        Assert.That(slots.Log, Has.Count.EqualTo(10).And.All.EqualTo("run 0"));
        Assert.That(measurement.WarmUpRuns, Is.Zero);
    }

    [Test]
    public void RunsUntilTheDurationIsMetToo()
    {
        var slots = new FakeSlots(1) { RunMs = 2 };
        long start = Stopwatch.GetTimestamp();
        Measurement measurement = MeasuringLoop.Measure(slots, NoTime with { DurationSeconds = 0.2, Iterations = 1 }, default);
        Assert.That(Stopwatch.GetElapsedTime(start).TotalMilliseconds, Is.GreaterThanOrEqualTo(200));
        Assert.That(measurement.Samples.Count, Is.GreaterThan(1));
    }

    [Test]
    public void DropsRunsThatStartInsideTheWarmUp()
    {
        var slots = new FakeSlots(1) { RunMs = 5 };
        Measurement measurement = MeasuringLoop.Measure(slots, NoTime with { WarmUpMs = 60 }, default);
        Assert.That(measurement.WarmUpRuns, Is.GreaterThan(0));
        Assert.That(measurement.Samples.Count, Is.GreaterThanOrEqualTo(10));
        Assert.That(measurement.Samples[0].StartMs, Is.GreaterThanOrEqualTo(60));
        Assert.That(slots.Log, Has.Count.EqualTo(measurement.WarmUpRuns + measurement.Samples.Count));
    }

    [Test]
    public void DropsAGivenNumberOfRuns()
    {
        var slots = new FakeSlots(1);
        Measurement measurement = MeasuringLoop.Measure(slots, NoTime with { WarmUpRuns = 7 }, default);
        Assert.That((measurement.WarmUpRuns, measurement.Samples.Count, slots.Log.Count), Is.EqualTo((7, 10, 17)));
    }

    [Test]
    public void TakesDeviceTimesFromTheSlotAndWallTimeFromItsOwnClock()
    {
        var slots = new FakeSlots(1) { RunMs = 3 };
        Sample sample = MeasuringLoop.Measure(slots, NoTime, default).Samples[0];
        Assert.That((sample.H2dMs, sample.ComputeMs, sample.D2hMs, sample.EnqueueMs), Is.EqualTo((1f, 2f, 0.5f, 0.25f)));
        Assert.That(sample.LatencyMs, Is.EqualTo(3.5));
        Assert.That(sample.WallMs, Is.GreaterThanOrEqualTo(3));
    }

    [Test]
    public void UsesSeveralSlotsInTurnAndWaitsForAll()
    {
        var slots = new FakeSlots(3);
        Measurement measurement = MeasuringLoop.Measure(slots, NoTime, default);
        string[] log = [.. slots.Log];
        Assert.That(log[..3], Is.EqualTo(["enqueue 0", "enqueue 1", "enqueue 2"]));
        Assert.That(log[3..9], Is.EqualTo(["wait 0", "enqueue 0", "wait 1", "enqueue 1", "wait 2", "enqueue 2"]));
        Assert.That(slots.InFlight, Is.Zero);
        Assert.That(slots.MostInFlight, Is.EqualTo(3));
        // The runs still in flight when the tenth was counted are counted as well.
        Assert.That(measurement.Samples.Count, Is.EqualTo(12));
    }

    [Test]
    public void ThroughputIsQueriesOverWallTime()
    {
        var samples = new SampleStore();
        samples.Add(default);
        samples.Add(default);
        Assert.That(new Measurement(samples, 0, 0.5).ThroughputQps, Is.EqualTo(4));
        Assert.That(new Measurement(samples, 0, 0).ThroughputQps, Is.Zero);
    }

    [Test]
    public void StopsWhenAsked()
    {
        using var source = new CancellationTokenSource();
        var slots = new FakeSlots(1) { OnRun = n => { if (n == 5) { source.Cancel(); } } };
        Assert.That(
            () => MeasuringLoop.Measure(slots, NoTime with { DurationSeconds = -1 }, source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(slots.Log, Has.Count.EqualTo(5));
    }

    [TestCase(1)]
    [TestCase(2)]
    public void MeasuringAllocatesNothingButRoomForSamples(int count)
    {
        var slots = new QuietSlots(count);
        MeasuringLoop.Measure(slots, NoTime, default);
        long few = Allocated(slots, 100);
        long many = Allocated(slots, 10_000);
        Assert.That(many - few, Is.Zero, "bytes for 9900 further runs");
    }

    private static long Allocated(IInferenceSlots slots, int iterations)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        MeasuringLoop.Measure(slots, NoTime with { Iterations = iterations }, default);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private sealed class QuietSlots(int count) : IInferenceSlots
    {
        public int Count => count;

        public void Run(int slot)
        {
        }

        public void Enqueue(int slot)
        {
        }

        public void Wait(int slot)
        {
        }

        public RunTimes Times(int slot) => default;
    }

    private sealed class FakeSlots(int count) : IInferenceSlots
    {
        public int Count => count;

        public List<string> Log { get; } = [];

        public int RunMs { get; init; }

        public Action<int> OnRun { get; init; } = _ => { };

        public int InFlight { get; private set; }

        public int MostInFlight { get; private set; }

        public void Run(int slot)
        {
            Log.Add($"run {slot}");
            OnRun(Log.Count);
            Thread.Sleep(RunMs);
        }

        public void Enqueue(int slot)
        {
            Log.Add($"enqueue {slot}");
            MostInFlight = Math.Max(MostInFlight, ++InFlight);
        }

        public void Wait(int slot)
        {
            Log.Add($"wait {slot}");
            InFlight--;
        }

        public RunTimes Times(int slot) => new(1, 2, 0.5f, 0.25f);
    }
}
