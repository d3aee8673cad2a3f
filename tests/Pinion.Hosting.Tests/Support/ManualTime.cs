namespace Pinion.Hosting.Tests;

/// <summary>A clock that a test moves. Its wall clock jumps as told; timers go by the monotonic one alone, as the system's do.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private long _now = 1_000_000;

    public TimeSpan WallClockOffset { get; set; }

    /// <summary>Whether a timer is set.</summary>
    public bool HasTimer
    {
        get
        {
            lock (_gate)
            {
                return _timers.Exists(t => t.Due != long.MaxValue);
            }
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + WallClockOffset;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on and runs the timers that are due, here.</summary>
    public void Advance(TimeSpan span)
    {
        Timer[] due;
        lock (_gate)
        {
            _now += span.Ticks;
            due = [.. _timers.Where(t => t.Due <= _now)];
        }

        foreach (Timer timer in due)
        {
            timer.Fire();
        }
    }

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        public long Due { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time.GetTimestamp() + dueTime.Ticks;
            return true;
        }

        public void Fire()
        {
            Due = long.MaxValue;
            callback(state);
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
