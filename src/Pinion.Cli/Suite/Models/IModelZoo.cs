namespace Pinion.Cli.Suite.Models;

/// <summary>Models that are known by name and written as ONNX files when they are needed.</summary>
internal interface IModelZoo
{
    IReadOnlyList<string> Names { get; }

    SuiteModel Describe(string name);

    void Export(string name, string path, ulong seed, CancellationToken token);
}

/// <summary>Counts what a model costs at given input shapes.</summary>
internal interface IModelCounter
{
    ModelCounts Count(string file, IReadOnlyDictionary<string, long[]> shapes);
}

/// <summary>
/// Parameters and multiply-accumulates at the shapes that were asked for. WeightElements are all constants; ProductElements those
/// of the results of convolutions and matrix products, null where a shape is not known. Problem says what could not be counted.
/// </summary>
internal sealed record ModelCounts(
    long Parameters, long WeightElements, long ConvMacs, long LinearMacs, long AttentionMacs, long? ProductElements, string? Problem)
{
    public long Macs => ConvMacs + LinearMacs + AttentionMacs;
}
