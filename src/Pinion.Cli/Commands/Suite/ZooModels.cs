using Pinion.Zoo;

namespace Pinion.Cli;

/// <summary>The models of Pinion.Zoo for a suite, with what was published about them.</summary>
internal sealed class ZooModels : ISuiteModelSource
{
    public string Prefix => ModelFile.ZooPrefix;

    public IReadOnlyList<string> Names { get; } = [.. ZooCatalog.Models.Select(m => m.Name)];

    public SuiteModel Describe(string name)
    {
        ZooModel model = ZooCatalog.Get(name);
        PublishedFigures p = model.Published;
        string notes = string.Join(" ", p.Notes.Select(n => $"{n.Figure}: {n.Text}").Prepend($"FLOPs: {p.FlopsRule}"));
        var described = new SuiteModel(
            Prefix + model.Name, model.Name, model.FamilyName, null, null, null, null, null, null, new SuitePublished(p.Top1, p.Top5, p.FlopsG, p.ParamsM, notes),
            [.. Latencies(model)]);
        return described.WithCounts(ZooDescription.Of(name).Counts);
    }

    public void Write(string name, string path, ulong seed, CancellationToken cancellationToken) =>
        ZooExporter.Export(name, path, new ExportOptions { Seed = unchecked((int)seed) }, null, cancellationToken);

    private static IEnumerable<SuitePublishedLatency> Latencies(ZooModel model) =>
        from latency in model.Latencies
        from entry in latency.Milliseconds
        select new SuitePublishedLatency(latency.Gpu, latency.Precision, entry.Key, entry.Value, latency.Source, latency.TensorRt, latency.Note);
}
