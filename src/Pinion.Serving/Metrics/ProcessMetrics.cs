using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Pinion.Serving;

/// <summary>What Prometheus expects of every process, and the garbage collector.</summary>
internal static class ProcessMetrics
{
    private static readonly double StartSeconds = ReadStart();

    public static void Write(StringBuilder text)
    {
        One(text, "process_cpu_seconds_total", "counter", "Processor time, user and system.", Environment.CpuUsage.TotalTime.TotalSeconds);
        One(text, "process_resident_memory_bytes", "gauge", "Resident memory.", Environment.WorkingSet);
        One(text, "process_start_time_seconds", "gauge", "When the process began, in seconds since 1970.", StartSeconds);
        if (OpenFiles() is { } open)
        {
            One(text, "process_open_fds", "gauge", "Open file descriptors.", open);
        }

        One(text, "dotnet_gc_heap_bytes", "gauge", "Managed heap in use.", GC.GetTotalMemory(forceFullCollection: false));
        One(text, "dotnet_gc_allocated_bytes_total", "counter", "Managed memory allocated.", GC.GetTotalAllocatedBytes());
        One(text, "dotnet_gc_pause_seconds_total", "counter", "Time that the garbage collector has stopped all threads.", GC.GetTotalPauseDuration().TotalSeconds);
        PrometheusText.Head(text, "dotnet_gc_collections_total", "counter", "Garbage collections by generation.");
        for (int i = 0; i <= GC.MaxGeneration; i++)
        {
            PrometheusText.Sample(text, "dotnet_gc_collections_total", string.Create(CultureInfo.InvariantCulture, $"generation=\"{i}\""), GC.CollectionCount(i));
        }
    }

    private static void One(StringBuilder text, string name, string type, string help, double value)
    {
        PrometheusText.Head(text, name, type, help);
        PrometheusText.Sample(text, name, "", value);
    }

    private static double ReadStart()
    {
        using var process = Process.GetCurrentProcess();
        return (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }

    private static int? OpenFiles()
    {
        try
        {
            return OperatingSystem.IsLinux() ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
