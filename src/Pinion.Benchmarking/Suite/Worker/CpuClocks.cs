using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Pinion.Benchmarking;

/// <summary>
/// The CPU's clock by the time of a chain of operations that each wait for the last: it depends on nothing else, and works where no
/// counter is to be had. Speeds are comparable with each other only. Heat is told by Linux's counters.
/// </summary>
internal sealed class CpuClocks : IClockSource
{
    private const int ChainLength = 100_000;
    private const int Rounds = 24;

    private long? _throttled = ThrottleCount();
    private ulong _sink;

    public string Description => "a chain of dependent operations, before and after";

    public bool CanReadMeanwhile => false;

    public bool IsMHz => false;

    public ClockReading? Read()
    {
        // The fastest round is the one that nothing interrupted.
        long fastest = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _sink = Chain(_sink);
            fastest = Math.Min(fastest, Stopwatch.GetTimestamp() - start);
        }

        long? before = _throttled;
        _throttled = ThrottleCount();
        return new ClockReading(1.0 / Math.Max(fastest, 1), _throttled > before ? Throttling.Heat : Throttling.None);
    }

    public void Dispose()
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static ulong Chain(ulong value)
    {
        for (int i = 0; i < ChainLength; i++)
        {
            value = (value * 6364136223846793005) + 1442695040888963407;
        }

        return value;
    }

    /// <summary>Times that cores or packages were slowed down by heat; null where the system does not count them.</summary>
    private static long? ThrottleCount()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            long[] counts = [.. Directory.EnumerateDirectories("/sys/devices/system/cpu", "cpu*")
                .SelectMany(cpu => new[] { $"{cpu}/thermal_throttle/core_throttle_count", $"{cpu}/thermal_throttle/package_throttle_count" })
                .Where(File.Exists).Select(f => long.Parse(File.ReadAllText(f), CultureInfo.InvariantCulture))];
            return counts.Length == 0 ? null : counts.Sum();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }
}
