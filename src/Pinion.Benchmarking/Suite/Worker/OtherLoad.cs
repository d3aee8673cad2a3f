using System.Diagnostics;
using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>CPU time that other processes took since this object was made, as far as the system tells.</summary>
internal sealed class OtherLoad
{
    // USER_HZ, which Linux fixes for all its interfaces to programs.
    private const double TicksPerSecond = 100;

    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly double? _busy = BusySeconds();
    private readonly TimeSpan _own = OwnTime();

    /// <summary>Cores that others kept busy, on average; null where it is not known.</summary>
    public double? Cores()
    {
        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        // Below this, the system's ticks of 10 ms say little.
        if (_busy is not { } before || BusySeconds() is not { } after || seconds < 0.2)
        {
            return null;
        }

        double own = (OwnTime() - _own).TotalSeconds;
        return Math.Max(after - before - own, 0) / seconds;
    }

    private static TimeSpan OwnTime() => Environment.CpuUsage.TotalTime;

    private static double? BusySeconds()
    {
        try
        {
            return OperatingSystem.IsLinux() ? Parse(File.ReadLines("/proc/stat").First()) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>user, nice and system, interrupts and stolen time: everything but idling and waiting for disks.</summary>
    internal static double Parse(string line)
    {
        double[] ticks = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(t => double.Parse(t, CultureInfo.InvariantCulture))];
        return (ticks.Take(3).Sum() + ticks.Skip(5).Take(3).Sum()) / TicksPerSecond;
    }
}
