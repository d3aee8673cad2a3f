namespace Pinion.Cli;

/// <summary>The parts of a check in the order they run, and the share of its time that each has: together less than all of it.</summary>
internal static class GpuCheckParts
{
    public const string Environment = "environment";
    public const string NativeTests = "native-tests";
    public const string Correctness = "correctness";
    public const string Copies = "copies";
    public const string Overlap = "overlap";
    public const string Latency = "latency";
    public const string Memory = "memory";
    public const string Soak = "soak";

    public static readonly IReadOnlyList<(string Name, double Share)> All =
    [
        (Environment, 0.08), (NativeTests, 0.22), (Correctness, 0.28), (Copies, 0.06), (Overlap, 0.06), (Latency, 0.11), (Memory, 0.06), (Soak, 0.08),
    ];

    /// <summary>A process that starts CUDA needs some seconds, however little time the check has.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(10);

    /// <summary>When a part is ended by force.</summary>
    public static TimeSpan Limit(string part, TimeSpan whole) => TimeSpan.FromTicks(Math.Max((whole * All.Single(p => p.Name == part).Share).Ticks, Least.Ticks));
}
