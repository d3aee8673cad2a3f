using System.Diagnostics;

namespace Pinion.TestSupport;

/// <summary>The programs of isolated builds that this process has started and that have not ended.</summary>
internal static class BuilderProcesses
{
    public static IReadOnlyList<int> All =>
        OperatingSystem.IsLinux()
            ? [.. Process.GetProcessesByName("pinion-builder").Select(p => p.Id).Where(id => Status(id).Contains($"PPid:\t{Environment.ProcessId}\n", StringComparison.Ordinal))]
            : [];

    private static string Status(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/status");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
