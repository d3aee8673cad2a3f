using Pinion.Zoo;

namespace Pinion.Cli.Suite.Models;

/// <summary>The models of Pinion.Zoo, with what was published about them.</summary>
internal static class ModelZoo
{
    public static IReadOnlyList<string> Names { get; } = [.. ZooCatalog.Models.Select(m => m.Name)];

    public static SuiteModel Describe(string name)
    {
        ZooModel model = ZooCatalog.Get(name);
        OnnxModelReport counts = ZooDescription.Of(name).Counts;
        PublishedFigures p = model.Published;
        string notes = string.Join(" ", p.Notes.Select(n => $"{n.Figure}: {n.Text}").Prepend($"FLOPs: {p.FlopsRule}"));
        return new SuiteModel(
            SuiteModels.ZooPrefix + model.Name, model.Name, model.FamilyName, null, counts.Parameters, counts.Macs.Conv, counts.Macs.Linear,
            counts.Macs.Attention, ModelCounter.Problem(counts), new SuitePublished(p.Top1, p.Top5, p.FlopsG, p.ParamsM, notes), [.. Latencies(model)]);
    }

    public static void Export(string name, string path, ulong seed, CancellationToken token) =>
        ZooExporter.Export(name, path, new ExportOptions { Seed = unchecked((int)seed) }, null, token);

    private static IEnumerable<SuitePublishedLatency> Latencies(ZooModel model) =>
        from latency in model.Latencies
        from entry in latency.Milliseconds
        select new SuitePublishedLatency(latency.Gpu, latency.Precision, entry.Key, entry.Value, latency.Source, latency.TensorRt, latency.Note);
}
