namespace Pinion.Hosting;

/// <summary>The one timer of a model: for batches that wait to fill, and for deadlines. Under the model's lock.</summary>
internal sealed class WakeUp : IAsyncDisposable
{
    private readonly Clock _clock;
    private readonly ITimer _timer;
    private long _due = Clock.Never;

    /// <param name="clock">The model's.</param>
    /// <param name="fire">Called on a thread of the pool, without the lock.</param>
    public WakeUp(Clock clock, Action fire)
    {
        _clock = clock;
        _timer = clock.Provider.CreateTimer(static fire => ((Action)fire!)(), fire, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Fires at a time, or earlier if it was asked to before. Timers count whole milliseconds: the next one after the time.</summary>
    public void At(long due, long now)
    {
        if (due < _due)
        {
            _due = due;
            double milliseconds = Math.Ceiling((due - now) * 1000.0 / _clock.TicksPerSecond);
            _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 1, int.MaxValue)), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>It has fired, and does not again unless it is asked to.</summary>
    public void Fired() => _due = Clock.Never;

    public ValueTask DisposeAsync() => _timer.DisposeAsync();
}
