using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>The layers of TensorRT's network that nodes kept in FP32 have become.</summary>
internal static class KeptLayers
{
    /// <param name="report">What a conversion has decided.</param>
    /// <param name="layers">Names of the network's layers.</param>
    /// <param name="unfound">Nodes that are kept and have no layer of their name are added here.</param>
    /// <remarks>NVIDIA's importer gives a layer its node's name, and further ones of the same node that name and a number. A node that it folded away has none.</remarks>
    public static IReadOnlyList<LayerPrecision> Of(Fp16Report report, IReadOnlyList<string> layers, ICollection<string> unfound)
    {
        var nodes = report.Decisions.Select(d => d.Node).ToHashSet(StringComparer.Ordinal);
        var kept = report.Decisions.Where(d => d.Precision == NodePrecision.Fp32).Select(d => d.Node).ToHashSet(StringComparer.Ordinal);
        foreach (string node in kept.Except(layers, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            unfound.Add(node);
        }

        return [.. layers.Where(IsOfKept).Distinct(StringComparer.Ordinal).Select(l => new LayerPrecision(l, Precision.Fp32))];

        bool IsOfKept(string layer)
        {
            if (kept.Contains(layer))
            {
                return true;
            }

            if (nodes.Contains(layer))
            {
                return false;
            }

            int digits = layer.Length - layer.AsSpan().TrimEnd("0123456789").Length;
            return digits > 0 && layer.Length > digits + 1 && layer[^(digits + 1)] == '_' && kept.Contains(layer[..^(digits + 1)]);
        }
    }
}
