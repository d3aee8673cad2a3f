using System.Text.Json.Serialization;

namespace Pinion.Benchmarking;

/// <summary>How two runs are compared.</summary>
public sealed record SuiteDiffOptions
{
    /// <summary>The mode to compare. Default <c>graph-1</c>.</summary>
    public string Mode { get; init; } = "graph-1";

    /// <summary>A cell has regressed where its whole interval lies beyond so many percent. Default 5.</summary>
    public double FailOverPercent { get; init; } = 5;

    /// <summary>Compare runs of different hardware, too. Default false.</summary>
    public bool AcrossHardware { get; init; }
}

/// <summary>Two runs compared cell by cell: ratios of latencies, with intervals that hold what differs between processes.</summary>
/// <param name="Old">The older run.</param>
/// <param name="New">The newer run.</param>
/// <param name="SameHardware">Whether both were measured on the same.</param>
/// <param name="Mode">The mode compared.</param>
/// <param name="FailOverPercent"><see cref="SuiteDiffOptions.FailOverPercent"/>.</param>
/// <param name="Regressed">Whether any cell has regressed.</param>
/// <param name="Cells">Those that both runs have.</param>
/// <param name="OnlyOld">Keys of cells that the newer run lacks.</param>
/// <param name="OnlyNew">Keys of cells that the older run lacks.</param>
/// <param name="Notes">What the ratios do not say.</param>
public sealed record SuiteDiff(
    DiffRun Old, DiffRun New, bool SameHardware, string Mode, double FailOverPercent, bool Regressed, IReadOnlyList<DiffCell> Cells,
    IReadOnlyList<string> OnlyOld, IReadOnlyList<string> OnlyNew, IReadOnlyList<string> Notes)
{
    /// <summary>Compares two runs with their samples.</summary>
    /// <param name="oldPath">The folder of the older run.</param>
    /// <param name="newPath">The folder of the newer run.</param>
    /// <param name="options">How; null takes the defaults.</param>
    /// <exception cref="SuiteResultsException">One of them is no run, or its samples are damaged.</exception>
    /// <exception cref="BenchmarkException">The runs have no cell in common, or are of different hardware and nobody allowed that.</exception>
    public static SuiteDiff Compare(string oldPath, string newPath, SuiteDiffOptions? options = null) =>
        SuiteComparer.Compare(oldPath, newPath, options ?? new SuiteDiffOptions());

    /// <summary>The JSON document in UTF-8, indented, with a line end.</summary>
    public byte[] ToJson() => JsonText.Bytes(this, DiffForms.Default.SuiteDiff);

    /// <summary>The table and the remarks as Markdown.</summary>
    public string ToMarkdown() => DiffText.Markdown(this);

    /// <summary>What is to be said beside the table, a line each.</summary>
    public IReadOnlyList<string> Remarks() => DiffText.Remarks(this);
}

/// <summary>One of the runs.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Id">The run's.</param>
/// <param name="Hardware">The GPU, or without one the CPU.</param>
/// <param name="TensorRt">TensorRT's version.</param>
/// <param name="Pinion">Pinion's version.</param>
/// <param name="Commit">Pinion's commit.</param>
public sealed record DiffRun(string Path, string Id, string Hardware, string TensorRt, string Pinion, string Commit);

/// <summary>A cell of both runs.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Precision"><c>fp32</c> or <c>fp16</c>.</param>
/// <param name="Batch">Images in a batch.</param>
/// <param name="OldMs">Latency in milliseconds: the 5th percentile of each process that measured it, the median over these.</param>
/// <param name="NewMs">The same of the newer run.</param>
/// <param name="OldProcesses">How many processes measured it.</param>
/// <param name="NewProcesses">The same of the newer run.</param>
/// <param name="Ratio">New over old, the median over all pairs of processes: above 1 is slower.</param>
/// <param name="Confidence">Of the interval: 0.95, or 0.999 where other load was on a CPU that computes.</param>
/// <param name="Low">The interval's lower end; null where there are too few processes for one.</param>
/// <param name="High">The interval's upper end; null as <paramref name="Low"/>.</param>
/// <param name="Verdict">
/// <c>slower</c> or <c>faster</c> where the whole interval says so, <c>same</c> where all of it lies within the limit in both directions, else <c>cannot tell</c>.
/// </param>
/// <param name="Regression">Whether it is slower and the whole interval lies beyond the limit.</param>
/// <param name="Reason">Why nothing can be told; null with every other verdict.</param>
public sealed record DiffCell(
    string Model, string Precision, int Batch, double OldMs, double NewMs, int OldProcesses, int NewProcesses, double Ratio, double Confidence, double? Low, double? High, string Verdict,
    bool Regression, string? Reason)
{
    /// <summary>The columns of the table: model, precision, batch, old and new milliseconds, ratio, interval, processes, verdict.</summary>
    public IReadOnlyList<string> ToRow() => DiffText.Row(this);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SuiteDiff))]
internal sealed partial class DiffForms : JsonSerializerContext;
