using System.Globalization;
using Pinion.Zoo;

namespace Pinion.Cli;

// What the zoo commands print with --json; docs/json.md describes every field.

internal sealed record NoteFacts(string Figure, bool Wrong, string Text);

internal sealed record LatencyFacts(
    string Gpu, string Precision, string? Tensorrt, string Source, string? Note, IReadOnlyDictionary<string, double> MillisecondsByBatch);

internal sealed record PublishedFacts(
    double Top1, double Top5, double? PaperTop1, double? PaperTop5, double FlopsG, double ParamsM, string FlopsRule, string Source,
    IReadOnlyList<NoteFacts> Notes, IReadOnlyList<LatencyFacts> Latencies)
{
    public static PublishedFacts Of(ZooModel m) => new(
        m.Published.Top1, m.Published.Top5, m.Published.PaperTop1, m.Published.PaperTop5, m.Published.FlopsG, m.Published.ParamsM,
        m.Published.FlopsRule, m.Published.Source, [.. m.Published.Notes.Select(n => new NoteFacts(n.Figure, n.Wrong, n.Text))],
        [.. m.Latencies.Select(l => new LatencyFacts(
            l.Gpu, l.Precision, l.TensorRt, l.Source, l.Note,
            l.Milliseconds.ToDictionary(p => p.Key.ToString(CultureInfo.InvariantCulture), p => p.Value)))]);
}

internal sealed record ZooModelFacts(
    string Name, string Network, string Family, IReadOnlyList<int> InputShape, int Classes, IReadOnlyList<int> Opsets, long Parameters,
    long Statistics, int Tensors, MacFacts Macs, PublishedFacts Published)
{
    public static ZooModelFacts Of(ZooDescription d) => new(
        d.Model.Name, d.Model.Network, d.Model.FamilyName, d.Model.InputShape, d.Model.Classes, ExportOptions.Opsets, d.Counts.Parameters,
        d.Counts.Statistics, d.Counts.Tensors, MacFacts.Of(d.Counts.Macs), PublishedFacts.Of(d.Model));
}

internal sealed record ZooListDocument(IReadOnlyList<ZooModelFacts> Models);

internal sealed record PreprocessingFacts(int ResizeShort, int Crop, string Interpolation, string Backend, IReadOnlyList<double> Mean, IReadOnlyList<double> Std);

internal sealed record StageFacts(string Name, int Layers, IReadOnlyList<int> OutputShape, long Parameters, MacFacts Macs);

internal sealed record ZooLayerFacts(string Name, string Kind, string Stage, IReadOnlyList<int> OutputShape, long Parameters, MacFacts Macs);

internal sealed record ZooShowDocument(
    ZooModelFacts Model, int Opset, PreprocessingFacts Preprocessing, LayerCountFacts LayerCounts, IReadOnlyList<StageFacts> Stages,
    IReadOnlyList<ZooLayerFacts> Layers)
{
    public static ZooShowDocument Of(ZooDescription d)
    {
        ImagePreprocessing p = d.Model.Preprocessing;
        return new ZooShowDocument(
            ZooModelFacts.Of(d), (int)d.Counts.Opset, new PreprocessingFacts(p.ResizeShort, p.Crop, p.Interpolation, p.Backend, p.Mean, p.Std),
            LayerCountFacts.Of(d.Counts.Layers),
            [.. d.Stages.Select(s => new StageFacts(s.Name, s.Layers, s.OutputShape, s.Parameters, MacFacts.Of(s.Macs)))],
            [.. d.Layers.Select(l => new ZooLayerFacts(l.Name, l.Kind.ToString(), l.Stage, l.OutputShape, l.Parameters, MacFacts.Of(l.Macs)))]);
    }
}

internal sealed record ZooFileFacts(string Model, string File, long SizeBytes, int Tensors, double Seconds);

internal sealed record ZooExportDocument(
    int Opset, int? Batch, bool Softmax, int? Seed, string? Weights, IReadOnlyList<ZooFileFacts> Files);
