using System.Text.Json.Serialization;

namespace Pinion.Cli.Suite.Diff;

/// <summary>Two runs compared cell by cell.</summary>
internal sealed record SuiteDiff(
    DiffRun Old, DiffRun New, bool SameHardware, string Mode, double FailOverPercent, double Confidence, bool Regressed, IReadOnlyList<DiffCell> Cells,
    IReadOnlyList<string> OnlyOld, IReadOnlyList<string> OnlyNew, IReadOnlyList<string> Notes);

internal sealed record DiffRun(string Path, string Id, string Hardware, string TensorRt, string Pinion, string Commit);

/// <summary>Ratio is new over old: above 1 is slower. Verdict is slower or faster where the whole interval says so, else same.</summary>
internal sealed record DiffCell(
    string Model, string Precision, int Batch, double OldMs, double NewMs, double Ratio, double Low, double High, string Verdict, bool Regression);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SuiteDiff))]
internal sealed partial class DiffForms : JsonSerializerContext;
