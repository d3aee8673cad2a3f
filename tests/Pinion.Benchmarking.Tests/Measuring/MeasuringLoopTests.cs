using System.Diagnostics;

namespace Pinion.Benchmarking.Tests;

public sealed class MeasuringLoopTests
{
    private static readonly MeasureOptions NoTime = new() { WarmUpMs = 0, DurationSeconds = 0, Iterations = 10 };

    [Test]
    public void Runs_until_the_iterations_are_met()
    {
        var sessions = new FakeSessions(1);
        Measurement measurement = MeasuringLoop.Measure(sessions, NoTime, default);
        Assert.That(measurement.Samples.Count, Is.EqualTo(10));
        Assert.That(sessions.Log, Has.Count.EqualTo(10).And.All.EqualTo("run 0"));
        Assert.That(measurement.WarmUpRuns, Is.Zero);
    }

    [Test]
    public void Runs_until_the_duration_is_met_too()
    {
        var sessions = new FakeSessions(1) { RunMs = 2 };
        long start = Stopwatch.GetTimestamp();
        Measurement measurement = MeasuringLoop.Measure(sessions, NoTime with { DurationSeconds = 0.2, Iterations = 1 }, default);
        Assert.That(Stopwatch.GetElapsedTime(start).TotalMilliseconds, Is.GreaterThanOrEqualTo(200));
        Assert.That(measurement.Samples.Count, Is.GreaterThan(1));
    }

    [Test]
    public void Drops_runs_that_start_inside_the_warm_up()
    {
        var sessions = new FakeSessions(1) { RunMs = 5 };
        Measurement measurement = MeasuringLoop.Measure(sessions, NoTime with { WarmUpMs = 60 }, default);
        Assert.That(measurement.WarmUpRuns, Is.GreaterThan(0));
        Assert.That(measurement.Samples.Count, Is.GreaterThanOrEqualTo(10));
        Assert.That(measurement.Samples[0].StartMs, Is.GreaterThanOrEqualTo(60));
        Assert.That(sessions.Log, Has.Count.EqualTo(measurement.WarmUpRuns + measurement.Samples.Count));
    }

    [Test]
    public void Drops_a_given_number_of_runs()
    {
        var sessions = new FakeSessions(1);
        Measurement measurement = MeasuringLoop.Measure(sessions, NoTime with { WarmUpRuns = 7 }, default);
        Assert.That((measurement.WarmUpRuns, measurement.Samples.Count, sessions.Log.Count), Is.EqualTo((7, 10, 17)));
    }

    [Test]
    public void Takes_device_times_from_the_session_and_wall_time_from_its_own_clock()
    {
        var sessions = new FakeSessions(1) { RunMs = 3 };
        LatencySample sample = MeasuringLoop.Measure(sessions, NoTime, default).Samples[0];
        Assert.That((sample.H2dMs, sample.ComputeMs, sample.D2hMs, sample.EnqueueMs), Is.EqualTo((1f, 2f, 0.5f, 0.25f)));
        Assert.That(sample.LatencyMs, Is.EqualTo(3.5));
        Assert.That(sample.WallMs, Is.GreaterThanOrEqualTo(3));
    }

    [Test]
    public void Uses_several_sessions_in_turn_and_waits_for_all()
    {
        var sessions = new FakeSessions(3);
        Measurement measurement = MeasuringLoop.Measure(sessions, NoTime, default);
        string[] log = [.. sessions.Log];
        Assert.That(log[..3], Is.EqualTo(["enqueue 0", "enqueue 1", "enqueue 2"]));
        Assert.That(log[3..9], Is.EqualTo(["wait 0", "enqueue 0", "wait 1", "enqueue 1", "wait 2", "enqueue 2"]));
        Assert.That(sessions.InFlight, Is.Zero);
        Assert.That(sessions.MostInFlight, Is.EqualTo(3));
        // The runs still in flight when the tenth was counted are counted as well.
        Assert.That(measurement.Samples.Count, Is.EqualTo(12));
    }

    [Test]
    public void Throughput_is_queries_over_wall_time()
    {
        var samples = new SampleStore();
        samples.Add(default);
        samples.Add(default);
        Assert.That(new Measurement(samples, 0, 0.5).ThroughputQps, Is.EqualTo(4));
        Assert.That(new Measurement(samples, 0, 0).ThroughputQps, Is.Zero);
    }

    [Test]
    public void Stops_when_asked()
    {
        using var source = new CancellationTokenSource();
        var sessions = new FakeSessions(1) { OnRun = n => { if (n == 5) { source.Cancel(); } } };
        Assert.That(
            () => MeasuringLoop.Measure(sessions, NoTime with { DurationSeconds = -1 }, source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(sessions.Log, Has.Count.EqualTo(5));
    }

    [Test]
    public void What_was_counted_is_kept_where_that_is_asked_for()
    {
        using var source = new CancellationTokenSource();
        var sessions = new FakeSessions(1) { OnRun = n => { if (n == 5) { source.Cancel(); } } };
        MeasureOptions keep = NoTime with { DurationSeconds = -1, KeepWhenCancelled = true };
        Measurement kept = MeasuringLoop.Measure(sessions, keep, source.Token);
        Assert.That((kept.Samples.Count, kept.IsPartial), Is.EqualTo((5, true)));
        Assert.That(() => MeasuringLoop.Measure(new FakeSessions(1), keep, source.Token), Throws.InstanceOf<OperationCanceledException>(), "nothing was counted");
        Assert.That(MeasuringLoop.Measure(new FakeSessions(1), NoTime with { KeepWhenCancelled = true }, CancellationToken.None).IsPartial, Is.False);
    }

    [TestCase(1)]
    [TestCase(2)]
    public void Measuring_allocates_nothing_but_room_for_samples(int count)
    {
        var sessions = new QuietSessions(count);
        MeasuringLoop.Measure(sessions, NoTime, default);
        long few = Allocated(sessions, 100);
        long many = Allocated(sessions, 10_000);
        Assert.That(many - few, Is.Zero, "bytes for 9900 further runs");
    }

    private static long Allocated(IMeasuredSessions sessions, int iterations)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        MeasuringLoop.Measure(sessions, NoTime with { Iterations = iterations }, default);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private sealed class QuietSessions(int count) : IMeasuredSessions
    {
        public int Count => count;

        public void Run(int session)
        {
        }

        public void Enqueue(int session)
        {
        }

        public void Wait(int session)
        {
        }

        public RunTimes Times(int session) => default;
    }

    private sealed class FakeSessions(int count) : IMeasuredSessions
    {
        public int Count => count;

        public List<string> Log { get; } = [];

        public int RunMs { get; init; }

        public Action<int> OnRun { get; init; } = _ => { };

        public int InFlight { get; private set; }

        public int MostInFlight { get; private set; }

        public void Run(int session)
        {
            Log.Add($"run {session}");
            OnRun(Log.Count);
            Thread.Sleep(RunMs);
        }

        public void Enqueue(int session)
        {
            Log.Add($"enqueue {session}");
            MostInFlight = Math.Max(MostInFlight, ++InFlight);
        }

        public void Wait(int session)
        {
            Log.Add($"wait {session}");
            InFlight--;
        }

        public RunTimes Times(int session) => new(1, 2, 0.5f, 0.25f);
    }
}
