using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Pinion.Cli.Measuring;

/// <summary>
/// Device and native times of one completed run, in milliseconds; entry of the native call and completion as it saw it, in
/// nanoseconds of the monotonic clock.
/// </summary>
internal readonly record struct RunTimes(float H2dMs, float ComputeMs, float D2hMs, float EnqueueMs, long EnteredNs = 0, long DoneNs = 0);

/// <summary>What is measured: independent slots, each one inference at a time. None of these may allocate.</summary>
internal interface IInferenceSlots
{
    int Count { get; }

    /// <summary>Copy in, compute, copy out, wait.</summary>
    void Run(int slot);

    void Enqueue(int slot);

    void Wait(int slot);

    /// <summary>Times of the slot's last completed run.</summary>
    RunTimes Times(int slot);
}

/// <summary>How long to measure. A negative duration measures until Ctrl-C.</summary>
internal sealed record MeasureOptions
{
    public double WarmUpMs { get; init; } = 200;

    public double DurationSeconds { get; init; } = 3;

    public int Iterations { get; init; } = 10;

    /// <summary>Runs to drop at the beginning, beside those that start inside the warm-up.</summary>
    public int WarmUpRuns { get; init; }

    /// <summary>Pause between two runs, in milliseconds.</summary>
    public int IdleMs { get; init; }
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
}

/// <summary>
/// trtexec's loop: until both the iterations and warm-up plus duration are met; runs that start inside the warm-up are dropped.
/// With one slot a run is one call; with several they are used in turn, each enqueued again as soon as it is done.
/// </summary>
internal static class MeasuringLoop
{
    public static Measurement Measure(IInferenceSlots slots, MeasureOptions options, CancellationToken token)
    {
        var samples = new SampleStore();
        // A collection that other work left behind would otherwise fall into the first samples.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var loop = new State(slots, options, samples);
        int collections = GC.CollectionCount(0);
        TimeSpan pause = GC.GetTotalPauseDuration();
        double wallSeconds = slots.Count == 1 ? loop.OneSlot(token) : loop.SlotsInTurn(token);
        return new Measurement(samples, loop.WarmUpRuns, wallSeconds)
        {
            GcCollections = GC.CollectionCount(0) - collections,
            GcPauseMs = (GC.GetTotalPauseDuration() - pause).TotalMilliseconds,
        };
    }

    private sealed class State(IInferenceSlots slots, MeasureOptions options, SampleStore samples)
    {
        private static readonly double MsPerTick = 1000.0 / Stopwatch.Frequency;

        private readonly long[] _starts = new long[slots.Count];
        private readonly double _endMs = options.DurationSeconds < 0 ? double.PositiveInfinity : options.WarmUpMs + (options.DurationSeconds * 1000);
        private long _origin;
        private double _firstStartMs = -1;
        private double _lastEndMs;

        public int WarmUpRuns { get; private set; }

        // Compiled fully at once: the loop runs for seconds in one call, so tiers would only come in the middle of it.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public double OneSlot(CancellationToken token)
        {
            _origin = Stopwatch.GetTimestamp();
            while (Continue(token))
            {
                samples.EnsureRoom(1);
                long start = Stopwatch.GetTimestamp();
                slots.Run(0);
                long end = Stopwatch.GetTimestamp();
                Record(0, start, end);
                Idle();
            }
            return WallSeconds();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public double SlotsInTurn(CancellationToken token)
        {
            int count = slots.Count;
            _origin = Stopwatch.GetTimestamp();
            for (int slot = 0; slot < count; slot++)
            {
                Enqueue(slot);
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

        private void Enqueue(int slot)
        {
            _starts[slot] = Stopwatch.GetTimestamp();
            slots.Enqueue(slot);
        }

        private void Complete(int slot)
        {
            slots.Wait(slot);
            Record(slot, _starts[slot], Stopwatch.GetTimestamp());
        }

        private void Record(int slot, long start, long end)
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
            RunTimes times = slots.Times(slot);
            double callMs = times.EnteredNs == 0 ? 0 : (times.EnteredNs - Nanoseconds(start)) / 1e6;
            double nativeMs = (times.DoneNs - times.EnteredNs) / 1e6;
            samples.Add(new Sample(times.H2dMs, times.ComputeMs, times.D2hMs, times.EnqueueMs, (end - start) * MsPerTick, startMs, (float)callMs, (float)nativeMs));
        }

        private bool Continue(CancellationToken token)
        {
            token.ThrowIfCancellationRequested();
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
