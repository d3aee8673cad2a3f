using System.Diagnostics;

namespace Pinion.Benchmarks;

/// <summary>The monotonic clock in nanoseconds: on Linux the one that the native layer and its twin read.</summary>
internal static class Clock
{
    public static long ToNanoseconds(long ticks) =>
        Stopwatch.Frequency == 1_000_000_000 ? ticks : (long)(ticks * (1e9 / Stopwatch.Frequency));
}
