namespace Pinion.Cli;

/// <summary>Concrete shapes for every input, and the optimization profile they run under.</summary>
internal sealed record Variant(int Batch, int Profile, IReadOnlyList<(string Name, long[] Shape)> Inputs)
{
    public string Text => string.Join(", ", Inputs.Select(i => $"{i.Name}:{TensorText.Shape(i.Shape)}"));

    public Dictionary<string, long[]> Shapes => Inputs.ToDictionary(i => i.Name, i => i.Shape);
}
