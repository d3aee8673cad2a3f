using Pinion.Onnx;

namespace Pinion.Cli;

// Counts of ONNX graphs in the forms that --json prints; docs/json.md describes every field.

internal sealed record MacFacts(long Conv, long Linear, long Attention, long Total)
{
    public static MacFacts Of(OnnxMacs macs) => new(macs.Conv, macs.Linear, macs.Attention, macs.Total);
}

internal sealed record LayerCountFacts(
    int Convolutions, int GroupedConvolutions, int BatchNorms, int LayerNorms, int Linears, int Relus, int Gelus, int Softmaxes, int MaxPools,
    int AveragePools, int GlobalPools)
{
    public static LayerCountFacts Of(OnnxLayerCounts c) => new(
        c.Convolutions, c.GroupedConvolutions, c.BatchNorms, c.LayerNorms, c.Linears, c.Relus, c.Gelus, c.Softmaxes, c.MaxPools, c.AveragePools, c.GlobalPools);
}

internal sealed record UncountedFacts(string Node, string Operator, string Reason);

internal sealed record CountFacts(
    long Opset, long IrVersion, string Producer, IReadOnlyDictionary<string, string> Metadata, long Parameters, long Statistics, int Tensors,
    MacFacts Macs, LayerCountFacts Layers, IReadOnlyDictionary<string, int> Operators, IReadOnlyList<UncountedFacts> Uncounted)
{
    public static CountFacts Of(OnnxModelReport r) => new(
        r.Opset, r.IrVersion, r.Producer, r.Metadata, r.Parameters, r.Statistics, r.Tensors, MacFacts.Of(r.Macs), LayerCountFacts.Of(r.Layers),
        r.Operators, [.. r.Uncounted.Select(u => new UncountedFacts(u.Name, u.Operator, u.Reason))]);
}
