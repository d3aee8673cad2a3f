namespace Pinion.Hosting;

/// <summary>How long an idle instance waits for a batch to fill. Pure; times are ticks of one clock.</summary>
/// <param name="MaxDelay">The longest wait.</param>
/// <param name="LatencyTarget">Instead: the time from arrival to answer that is to be kept; negative if there is none.</param>
internal readonly record struct DelayPolicy(long MaxDelay, long LatencyTarget)
{
    /// <summary>Whether it never waits.</summary>
    public bool IsNone => LatencyTarget < 0 && MaxDelay <= 0;

    /// <summary>The wait from the arrival of the oldest request.</summary>
    /// <param name="latency">Of the batch that would run now.</param>
    public long DelayFor(long latency) => LatencyTarget < 0 ? Math.Max(0, MaxDelay) : Math.Max(0, LatencyTarget - Math.Max(0, latency));

    /// <summary>When a batch goes at the latest.</summary>
    /// <param name="oldestArrival">Of its requests.</param>
    /// <param name="earliestDeadline">Of its requests.</param>
    /// <param name="latency">Of the batch that would run now.</param>
    /// <param name="spare">What is kept free before a deadline, since timers are late at times.</param>
    public long ReadyAt(long oldestArrival, long earliestDeadline, long latency, long spare) =>
        Math.Min(oldestArrival + DelayFor(latency), earliestDeadline - latency - spare);

    public static DelayPolicy From(BatchingSettings settings, Clock clock) =>
        new(clock.Ticks(settings.MaxDelay), settings.LatencyTarget is TimeSpan target ? clock.Ticks(target) : -1);
}
