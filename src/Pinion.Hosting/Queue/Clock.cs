namespace Pinion.Hosting;

/// <summary>A model's monotonic clock, in ticks of its own frequency. Sums that would overflow are never reached. Threads: any.</summary>
internal sealed class Clock(TimeProvider time)
{
    /// <summary>A time that never comes.</summary>
    public const long Never = long.MaxValue;

    /// <summary>Spans are cut here, so that two of them can be added.</summary>
    private const long Longest = long.MaxValue / 4;

    public TimeProvider Provider => time;

    public long Now => time.GetTimestamp();

    public long TicksPerSecond => time.TimestampFrequency;

    public TimeSpan Since(long start) => time.GetElapsedTime(start);

    public TimeSpan Between(long start, long end) => time.GetElapsedTime(start, end);

    public long Ticks(TimeSpan span) => (long)Math.Min(span.TotalSeconds * time.TimestampFrequency, Longest);

    /// <summary>The time after a span; <see cref="Never"/> if that is too far away to count.</summary>
    public long After(long start, TimeSpan span) => Ticks(span) is var ticks && ticks >= Longest ? Never : start + ticks;

    /// <inheritdoc cref="After(long, TimeSpan)"/>
    public static long After(long start, long ticks) => start > Never - ticks ? Never : start + ticks;
}
