using System.Text.Json;

namespace Pinion.Benchmarks.Summary;

/// <summary>One cell of a suite's run.</summary>
internal sealed record SuiteLatency(string Model, int Batch, string ComputedIn, double LatencyMs, double ImagesPerSecond);

/// <summary>The figures of a suite's run that the summary repeats.</summary>
internal static class SuiteLatencies
{
    /// <param name="folder">The run's; its results.json is read.</param>
    public static SuiteLatency[] Read(string folder)
    {
        using JsonDocument results = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "results.json")));
        return [.. results.RootElement.GetProperty("cells").EnumerateArray().Where(c => c.GetProperty("status").GetString() == "measured").Select(Read)];
    }

    private static SuiteLatency Read(JsonElement cell)
    {
        JsonElement mode = cell.GetProperty("modes").EnumerateArray().Single(m => m.GetProperty("name").GetString() == "graph-1");
        return new SuiteLatency(
            cell.GetProperty("model").GetString()!, cell.GetProperty("batch").GetInt32(), cell.GetProperty("computedIn").GetString()!,
            mode.GetProperty("latencyMs").GetProperty("median").GetDouble(), mode.GetProperty("imagesPerSecond").GetDouble());
    }
}
