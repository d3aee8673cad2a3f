using Pinion.Onnx;

namespace Pinion.Benchmarking;

/// <summary>
/// Parameters and multiply-accumulates at the shapes that were asked for. WeightElements are all constants; ProductElements those
/// of the results of convolutions and matrix products, null where a shape is not known. Problem says what could not be counted.
/// </summary>
internal sealed record ModelCounts(
    long Parameters, long WeightElements, long ConvMacs, long LinearMacs, long AttentionMacs, long? ProductElements, string? Problem)
{
    public long Macs => ConvMacs + LinearMacs + AttentionMacs;
}

/// <summary>Counts with Pinion.Onnx, which reads any ONNX file.</summary>
internal static class ModelCounter
{
    /// <summary>What a model costs at given input shapes.</summary>
    public static ModelCounts Count(string file, IReadOnlyDictionary<string, TensorShape> shapes)
    {
        OnnxModelReport report = OnnxModelCounter.Count(file);
        var known = shapes.Where(s => report.Inputs.Any(i => i.Name == s.Key)).ToDictionary(s => s.Key, IReadOnlyList<long> (s) => s.Value.ToArray());
        if (known.Count > 0)
        {
            report = OnnxModelCounter.Count(file, new OnnxShapeOptions { InputShapes = known });
        }

        return new ModelCounts(
            report.Parameters, report.State, report.Macs.Conv, report.Macs.Linear, report.Macs.Attention, ProductElements(report), Problem(report));
    }

    /// <summary>Says that the counts are a lower bound, and why; null where they are not.</summary>
    public static string? Problem(OnnxModelReport report) => report.Uncounted.Count == 0
        ? null
        : $"{report.Uncounted.Count} nodes could not be counted, {report.Uncounted[0].Name} ({report.Uncounted[0].Operator}) for one: {report.Uncounted[0].Reason}";

    private static long? ProductElements(OnnxModelReport report)
    {
        long elements = 0;
        foreach (OnnxNodeReport node in report.Nodes.Where(n => n.Macs.Total > 0))
        {
            if (node.OutputShape is not { } shape || shape.Any(d => d < 0))
            {
                return null;
            }

            elements += shape.Aggregate(1L, (product, d) => product * d);
        }

        return elements;
    }
}
