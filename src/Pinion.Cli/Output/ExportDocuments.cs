using Pinion.Triton;

namespace Pinion.Cli;

internal sealed record ExportTritonDocument(
    string Name, long Version, string Plan, string Config, Sdk? Sdk, string? Tensorrt, string? Device, int MaxBatchSize, IReadOnlyList<int> PreferredBatchSizes,
    string? MeasuredOn, IReadOnlyList<BatchLatency> Measured, IReadOnlyList<string> Notes);

internal sealed record ExportKserveDocument(string Name, IReadOnlyList<string> Files, IReadOnlyList<string> Notes);
