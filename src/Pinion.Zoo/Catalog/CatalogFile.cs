using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pinion.Zoo;

/// <summary>The embedded catalog.json as it is written.</summary>
internal sealed record CatalogFile(IReadOnlyDictionary<ZooFamily, CatalogFile.FamilyEntry> Families, IReadOnlyList<CatalogFile.ModelEntry> Models)
{
    public static IReadOnlyList<ZooModel> Load()
    {
        using Stream stream = typeof(CatalogFile).Assembly.GetManifestResourceStream("catalog.json")!;
        CatalogFile file = JsonSerializer.Deserialize(stream, CatalogJson.Default.CatalogFile)!;
        return [.. file.Models.Select(entry => entry.ToModel(file.Families[entry.Family]))];
    }

    internal sealed record FamilyEntry(
        int ResizeShort,
        int Crop,
        string Interpolation,
        string Backend,
        IReadOnlyList<double> Mean,
        IReadOnlyList<double> Std,
        string Source,
        string FlopsRule,
        string LatencyNote);

    internal sealed record ModelEntry(
        string Name,
        string Network,
        ZooFamily Family,
        double Top1,
        double Top5,
        double? PaperTop1,
        double? PaperTop5,
        double FlopsG,
        double ParamsM,
        IReadOnlyList<PublishedNote>? Notes,
        IReadOnlyList<PublishedLatency> Latencies)
    {
        public ZooModel ToModel(FamilyEntry family) => new()
        {
            Name = Name,
            Network = Network,
            Family = Family,
            Preprocessing = new ImagePreprocessing(family.ResizeShort, family.Crop, family.Interpolation, family.Backend, family.Mean, family.Std),
            Published = new PublishedFigures
            {
                Top1 = Top1,
                Top5 = Top5,
                PaperTop1 = PaperTop1,
                PaperTop5 = PaperTop5,
                FlopsG = FlopsG,
                ParamsM = ParamsM,
                FlopsRule = family.FlopsRule,
                Source = family.Source,
                Notes = Notes ?? [],
            },
            Latencies = [.. Latencies.Select(l => l with { Note = l.Note is null ? family.LatencyNote : $"{family.LatencyNote} {l.Note}" })],
        };
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CatalogFile))]
internal sealed partial class CatalogJson : JsonSerializerContext;
