using System.Diagnostics;
using System.Globalization;

namespace Pinion.Benchmarks;

/// <summary>Resident memory of this process, pages mapped from files included.</summary>
internal static class ProcessMemory
{
    /// <summary>Begins a new peak where the system can do that (Linux), and gives what it begins from.</summary>
    public static long ResetPeak()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return Linux("VmHWM");
        }

        return Peak();
    }

    public static long Peak() => OperatingSystem.IsLinux() ? Linux("VmHWM") : Refreshed().PeakWorkingSet64;

    public static long Resident() => OperatingSystem.IsLinux() ? Linux("VmRSS") : Refreshed().WorkingSet64;

    private static Process Refreshed()
    {
        var process = Process.GetCurrentProcess();
        process.Refresh();
        return process;
    }

    private static long Linux(string name)
    {
        // "VmHWM:     12345 kB"
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(name + ":", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
