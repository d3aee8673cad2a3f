namespace Pinion.Cli;

/// <summary>Throughput and latency of one batch size. Latency is the median wall time of a run.</summary>
internal sealed record BatchFacts(int Batch, double LatencyMs, double RowsPerSecond);

internal sealed record ExportTritonDocument(
    string Name, long Version, string Plan, string Config, string? Sdk, string? Tensorrt, string? Device, int MaxBatchSize, IReadOnlyList<int> PreferredBatchSizes,
    string? MeasuredOn, IReadOnlyList<BatchFacts> Measured, IReadOnlyList<string> Notes);

internal sealed record ExportKserveDocument(string Name, IReadOnlyList<string> Files, IReadOnlyList<string> Notes);
