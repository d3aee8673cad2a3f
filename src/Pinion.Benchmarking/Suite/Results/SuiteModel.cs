using Pinion.Onnx;

namespace Pinion.Benchmarking;

/// <summary>A model of a run. Counts are those of one image.</summary>
/// <param name="Name">How it was asked for: a source's prefix and name, or the file's path.</param>
/// <param name="Title">Its name in reports.</param>
/// <param name="Family">What it is one of; null for files.</param>
/// <param name="Sha256">Of its file and the weight files beside it; null before it was needed.</param>
/// <param name="Parameters">Trained values.</param>
/// <param name="ConvMacs">Multiply-accumulates of convolutions.</param>
/// <param name="LinearMacs">Of matrix products with weights.</param>
/// <param name="AttentionMacs">Of other matrix products.</param>
/// <param name="CountProblem">Why the counts are a lower bound; null where they are not.</param>
/// <param name="Published">Figures that were published about it.</param>
/// <param name="PublishedLatencies">Latencies that were published.</param>
public sealed record SuiteModel(
    string Name, string Title, string? Family, string? Sha256, long? Parameters, long? ConvMacs, long? LinearMacs, long? AttentionMacs, string? CountProblem,
    SuitePublished? Published, IReadOnlyList<SuitePublishedLatency> PublishedLatencies)
{
    /// <summary>The same model with the counts of its ONNX file.</summary>
    public SuiteModel WithCounts(OnnxModelReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return this with
        {
            Parameters = report.Parameters,
            ConvMacs = report.Macs.Conv,
            LinearMacs = report.Macs.Linear,
            AttentionMacs = report.Macs.Attention,
            CountProblem = ModelCounter.Problem(report),
        };
    }
}

/// <summary>What was published about a model; null is what was not.</summary>
/// <param name="Top1">Top-1 accuracy, from 0 to 1.</param>
/// <param name="Top5">Top-5 accuracy, from 0 to 1.</param>
/// <param name="FlopsG">Operations in 10^9, counted as the note says.</param>
/// <param name="ParamsM">Parameters in 10^6.</param>
/// <param name="Note">What should be known about these figures.</param>
public sealed record SuitePublished(double? Top1, double? Top5, double? FlopsG, double? ParamsM, string? Note);

/// <summary>A latency that was published, or one of another run.</summary>
/// <param name="Gpu">The device.</param>
/// <param name="Precision"><c>fp32</c> or <c>fp16</c>.</param>
/// <param name="Batch">Images.</param>
/// <param name="LatencyMs">Milliseconds for the batch.</param>
/// <param name="Source">Where it is from.</param>
/// <param name="TensorRt">TensorRT's version, where it is known.</param>
/// <param name="Note">What should be known about it.</param>
public sealed record SuitePublishedLatency(string Gpu, string Precision, int Batch, double LatencyMs, string Source, string? TensorRt, string? Note);
