using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Pinion.Benchmarking;

/// <summary>
/// Device and native times of one completed run, in milliseconds; entry of the native call and completion as it saw it, in
/// nanoseconds of the monotonic clock.
/// </summary>
internal readonly record struct RunTimes(float H2dMs, float ComputeMs, float D2hMs, float EnqueueMs, long EnteredNs = 0, long DoneNs = 0);

/// <summary>What is measured: independent sessions, each one inference at a time. None of these may allocate.</summary>
internal interface IMeasuredSessions
{
    int Count { get; }

    /// <summary>Copy in, compute, copy out, wait.</summary>
    void Run(int session);

    void Enqueue(int session);

    void Wait(int session);

    /// <summary>Times of the session's last completed run.</summary>
    RunTimes Times(int session);
}

/// <summary>The counted samples, the runs dropped as warm-up, and the wall time from the first counted start to the last end.</summary>
internal sealed record Measurement(SampleStore Samples, int WarmUpRuns, double WallSeconds)
{
    /// <summary>Queries over wall time; a query is one inference, whatever its batch.</summary>
    public double ThroughputQps => WallSeconds > 0 ? Samples.Count / WallSeconds : 0;

    /// <summary>Garbage collections while the loop ran, warm-up included.</summary>
    public int GcCollections { get; init; }

    /// <summary>How long those held the process up, all together.</summary>
    public double GcPauseMs { get; init; }

    /// <summary>Whether it was cancelled before it had measured what it was to.</summary>
    public bool IsPartial { get; init; }
}

/// <summary>
/// trtexec's loop: until both the iterations and warm-up plus duration are met; runs that start inside the warm-up are dropped.
/// With one session a run is one call; with several they are used in turn, each enqueued again as soon as it is done.
/// </summary>
internal static class MeasuringLoop
{
    public static Measurement Measure(IMeasuredSessions sessions, MeasureOptions options, CancellationToken token)
    {
        var samples = new SampleStore();
        // A collection that other work left behind would otherwise fall into the first samples.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var loop = new State(sessions, options, samples);
        int collections = GC.CollectionCount(0);
        TimeSpan pause = GC.GetTotalPauseDuration();
        double wallSeconds = sessions.Count == 1 ? loop.OneSession(token) : loop.SessionsInTurn(token);
        return new Measurement(samples, loop.WarmUpRuns, wallSeconds)
        {
            GcCollections = GC.CollectionCount(0) - collections,
            GcPauseMs = (GC.GetTotalPauseDuration() - pause).TotalMilliseconds,
            IsPartial = loop.IsPartial,
        };
    }

    private sealed class State(IMeasuredSessions sessions, MeasureOptions options, SampleStore samples)
    {
        private static readonly double MsPerTick = 1000.0 / Stopwatch.Frequency;

        private readonly long[] _starts = new long[sessions.Count];
        private readonly double _endMs = options.DurationSeconds < 0 ? double.PositiveInfinity : options.WarmUpMs + (options.DurationSeconds * 1000);
        private long _origin;
        private double _firstStartMs = -1;
        private double _lastEndMs;

        public int WarmUpRuns { get; private set; }

        public bool IsPartial { get; private set; }

        // Compiled fully at once: the loop runs for seconds in one call, so tiers would only come in the middle of it.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public double OneSession(CancellationToken token)
        {
            _origin = Stopwatch.GetTimestamp();
            while (Continue(token))
            {
                samples.EnsureRoom(1);
                long start = Stopwatch.GetTimestamp();
                sessions.Run(0);
                long end = Stopwatch.GetTimestamp();
                Record(0, start, end);
                Idle();
            }

            return WallSeconds();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public double SessionsInTurn(CancellationToken token)
        {
            int count = sessions.Count;
            _origin = Stopwatch.GetTimestamp();
            for (int session = 0; session < count; session++)
            {
                Enqueue(session);
            }

            int next = 0;
            while (true)
            {
                samples.EnsureRoom(count);
                Complete(next);
                if (!Continue(token))
                {
                    break;
                }

                Idle();
                Enqueue(next);
                next = next + 1 == count ? 0 : next + 1;
            }

            for (int i = 1; i < count; i++)
            {
                Complete((next + i) % count);
            }

            return WallSeconds();
        }

        private void Enqueue(int session)
        {
            _starts[session] = Stopwatch.GetTimestamp();
            sessions.Enqueue(session);
        }

        private void Complete(int session)
        {
            sessions.Wait(session);
            Record(session, _starts[session], Stopwatch.GetTimestamp());
        }

        private void Record(int session, long start, long end)
        {
            double startMs = (start - _origin) * MsPerTick;
            _lastEndMs = (end - _origin) * MsPerTick;
            if (startMs < options.WarmUpMs || WarmUpRuns < options.WarmUpRuns)
            {
                WarmUpRuns++;
                return;
            }

            if (_firstStartMs < 0)
            {
                _firstStartMs = startMs;
            }

            RunTimes times = sessions.Times(session);
            double callMs = times.EnteredNs == 0 ? 0 : (times.EnteredNs - Nanoseconds(start)) / 1e6;
            double nativeMs = (times.DoneNs - times.EnteredNs) / 1e6;
            samples.Add(new LatencySample(times.H2dMs, times.ComputeMs, times.D2hMs, times.EnqueueMs, (end - start) * MsPerTick, startMs, (float)callMs, (float)nativeMs));
        }

        private bool Continue(CancellationToken token)
        {
            if (token.IsCancellationRequested)
            {
                IsPartial = options.KeepWhenCancelled && samples.Count > 0;
                return IsPartial ? false : throw new OperationCanceledException(token);
            }

            return samples.Count < options.Iterations || (Stopwatch.GetTimestamp() - _origin) * MsPerTick < _endMs;
        }

        private void Idle()
        {
            if (options.IdleMs > 0)
            {
                Thread.Sleep(options.IdleMs);
            }
        }

        /// <summary>Exact where ticks are nanoseconds already, as on Linux.</summary>
        private static long Nanoseconds(long ticks) =>
            Stopwatch.Frequency == 1_000_000_000 ? ticks : (long)((Int128)ticks * 1_000_000_000 / Stopwatch.Frequency);

        private double WallSeconds() => _firstStartMs < 0 ? 0 : (_lastEndMs - _firstStartMs) / 1000;
    }
}
