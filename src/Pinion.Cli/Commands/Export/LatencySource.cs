using System.Text.Json;
using Pinion.Triton;

namespace Pinion.Cli;

/// <summary>Where latencies by batch size come from: a measurement, or the results of one.</summary>
internal static class LatencySource
{
    private const string UsualMode = "graph-1";

    /// <summary>Measures the variants as <c>pinion bench</c> does, one session each.</summary>
    public static MeasuredLatencies Measure(CommandContext context, Engine engine, IReadOnlyList<EngineShapes> variants, double seconds, bool graphs, RuntimeFacts facts)
    {
        using var bench = new EngineBench(engine, new EngineBenchOptions
        {
            Measure = new MeasureOptions { DurationSeconds = seconds },
            Session = new SessionOptions { UseGraph = graphs },
        });
        var batches = new List<BatchLatency>();
        foreach (EngineShapes variant in variants)
        {
            context.Terminal.Note(FormattableString.Invariant($"measuring {variant} for {seconds:0.###} s"));
            LatencyResult run = bench.Measure(variant, context.Token);
            batches.Add(new BatchLatency(variant.Batch, run.Wall.Median, variant.Batch * run.ThroughputQps));
        }

        return new MeasuredLatencies(facts.Line, batches);
    }

    /// <summary>Reads what <c>pinion bench --json</c> printed, or a suite's results.</summary>
    /// <exception cref="WorkException">The file is neither, or not about this plan.</exception>
    public static MeasuredLatencies Read(string path, PlanFile plan, int maxBatch)
    {
        MeasuredLatencies read = Directory.Exists(path) || IsSuite(path) ? OfSuite(path, plan) : OfBench(path, plan);
        BatchLatency[] usable = [.. read.Batches.Where(b => b.Batch <= Math.Max(maxBatch, 1)).OrderBy(b => b.Batch)];
        return usable.Length > 0
            ? read with { Batches = usable }
            : throw new WorkException($"{path} has no batch size within the plan's, 1 to {Math.Max(maxBatch, 1)}.");
    }

    private static bool IsSuite(string path)
    {
        Files.RequireFile(path);
        try
        {
            using FileStream file = File.OpenRead(path);
            using var document = JsonDocument.Parse(file);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("schemaVersion", out _);
        }
        catch (JsonException e)
        {
            throw new WorkException($"{path} is no JSON document: {e.Message}", e);
        }
    }

    private static MeasuredLatencies OfBench(string path, PlanFile plan)
    {
        LatencyReport? document;
        try
        {
            document = LatencyReport.FromJson(File.ReadAllBytes(path));
        }
        catch (JsonException e)
        {
            throw new WorkException($"{path} is not what pinion bench --json prints: {e.Message}", e);
        }

        if (document?.Results is not { Count: > 0 } results || results.Any(r => r?.Shapes is null || r.WallMs == default))
        {
            throw new WorkException($"{path} has no results; pinion bench --json prints some.");
        }

        foreach (LatencyFigures result in results)
        {
            if (!result.Shapes.Keys.Order(StringComparer.Ordinal).SequenceEqual(plan.Inputs.Select(i => i.Name).Order(StringComparer.Ordinal)))
            {
                throw new WorkException(
                    $"{path} is about another model: it has the inputs {string.Join(", ", result.Shapes.Keys)}, and the plan {string.Join(", ", plan.Inputs.Select(i => i.Name))}.");
            }
        }

        return new MeasuredLatencies(
            $"{document.Device}, SDK {document.Sdk.GetName()}, TensorRT {document.Tensorrt}",
            [.. results.Select(r => new BatchLatency(r.Batch, r.WallMs.Median, r.Batch * r.ThroughputQps)).DistinctBy(r => r.Batch)]);
    }

    private static MeasuredLatencies OfSuite(string path, PlanFile plan)
    {
        var results = SuiteResults.Load(path);
        SuiteModel? model = results.Models.FirstOrDefault(m => m.Sha256 is not null && string.Equals(m.Sha256, plan.Header.ModelSha256, StringComparison.OrdinalIgnoreCase))
            ?? throw new WorkException(plan.Header.ModelSha256 is { } hash
                ? $"{path} has no model of SHA-256 {hash}, of which the plan was built; measure it with the suite, or leave --latencies out."
                : $"The plan does not tell of which model it was built, so that its figures are not found in {path}; give what pinion bench --json printed.");
        string? precision = plan.Header.Precision is { } p ? p.GetName() : null;
        SuiteCell[] cells = [.. results.Cells.Where(c => c.Model == model.Name && c.Status == CellStatus.Measured && c.Modes.Count > 0 && (precision is null || c.Precision == precision))];
        if (cells.Length == 0)
        {
            throw new WorkException($"{path} has no figures of {model.Name} in {precision ?? "any precision"}.");
        }

        return new MeasuredLatencies(cells[0].RanOn, [.. cells.DistinctBy(c => c.Batch).Select(c =>
        {
            SuiteMode mode = c.Modes.FirstOrDefault(m => m.Name == UsualMode) ?? c.Modes[0];
            return new BatchLatency(c.Batch, mode.WallMs.Median, mode.ImagesPerSecond);
        })]);
    }
}
