namespace Pinion;

/// <summary>How two plans differ: in what their headers say, and in their layers as far as TensorRT's inspector tells of them.</summary>
public sealed record PlanComparison
{
    /// <summary>Everything that differs, the header first, the layers in the order of the first plan.</summary>
    public required IReadOnlyList<PlanDifference> Differences { get; init; }

    /// <summary>Whether the files are the same to the byte. Two builds of one model hardly ever are: the header has the time that the build took.</summary>
    public required bool AreIdentical { get; init; }

    /// <summary>Layers that were found in both, by their names; null where layers could not be compared.</summary>
    public int? CommonLayers { get; init; }

    /// <summary>What could not be compared, and why, a sentence each.</summary>
    public IReadOnlyList<string> NotCompared { get; init; } = [];

    /// <summary>Compares two plan files. For their layers both are loaded, one after the other; where one does not load here, <see cref="NotCompared"/> says so.</summary>
    /// <param name="first">The one plan.</param>
    /// <param name="second">The other.</param>
    /// <param name="load">How to load them; null takes every default.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="PinionException">A file cannot be read, is no plan or is damaged.</exception>
    public static PlanComparison Compare(string first, string second, EngineLoadOptions? load = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(first);
        ArgumentException.ThrowIfNullOrEmpty(second);
        var one = PlanFacts.Read(first, load);
        var other = PlanFacts.Read(second, load);
        var differences = new List<PlanDifference>();
        var missing = new List<string>();
        if (one.Header.IsRaw || other.Header.IsRaw)
        {
            missing.Add($"The headers: {(one.Header.IsRaw ? first : second)} is raw, TensorRT's bytes alone, and has none.");
        }
        else
        {
            HeaderComparison.Compare(one.Header, other.Header, differences);
        }

        if (one.Tensors is { } tensors && other.Tensors is { } others)
        {
            HeaderComparison.Compare(tensors, others, differences);
        }
        else
        {
            missing.Add("Inputs, outputs and profiles: a raw plan tells them only where it loads.");
        }

        int? common = null;
        if (one.LayersJson is { } layers && other.LayersJson is { } otherLayers)
        {
            common = LayerComparison.Compare(layers, otherLayers, differences, missing);
        }
        else
        {
            missing.Add($"The layers: {(one.LayersJson is null ? first : second)} does not tell them here: {one.NoLayers ?? other.NoLayers}");
        }

        return new PlanComparison { Differences = differences, AreIdentical = AreSame(first, second), CommonLayers = common, NotCompared = missing };
    }

    private static bool AreSame(string first, string second) =>
        new FileInfo(first).Length == new FileInfo(second).Length && FileDigest.OfFile(first) == FileDigest.OfFile(second);
}
