namespace Pinion.Zoo;

/// <summary>A name of the zoo: its network, how images get in, and what PaddleClas published about it.</summary>
public sealed record ZooModel
{
    /// <summary>The name that PaddleClas uses.</summary>
    public required string Name { get; init; }

    /// <summary>The network's name. Differs for `_ssld` names, which are the same network with other trained weights.</summary>
    public required string Network { get; init; }

    /// <summary>The family that the network belongs to.</summary>
    public required ZooFamily Family { get; init; }

    /// <summary>The family as its paper writes it.</summary>
    public string FamilyName => Family is ZooFamily.Tnt or ZooFamily.Dpn ? Family.ToString().ToUpperInvariant() : Family.ToString();

    /// <summary>Name of the network's one input.</summary>
    public string InputName { get; } = NetworkTable.InputName;

    /// <summary>Shape of one image: channels, height, width.</summary>
    public IReadOnlyList<int> InputShape { get; } = [NetworkTable.Channels, NetworkTable.Side, NetworkTable.Side];

    /// <summary>Classes that the network tells apart.</summary>
    public int Classes { get; } = NetworkTable.Classes;

    /// <summary>What trained weights expect to be done to a photo.</summary>
    public required ImagePreprocessing Preprocessing { get; init; }

    /// <summary>The published figures, right or wrong.</summary>
    public required PublishedFigures Published { get; init; }

    /// <summary>The published latencies; none for TNT.</summary>
    public required IReadOnlyList<PublishedLatency> Latencies { get; init; }
}

/// <summary>A family of networks that share an architecture.</summary>
public enum ZooFamily
{
    /// <summary>Twins-PCPVT and Twins-SVT (ALT-GVT).</summary>
    Twins,

    /// <summary>Res2Net and its vd form.</summary>
    Res2Net,

    /// <summary>Transformer in Transformer.</summary>
    Tnt,

    /// <summary>Dual Path Networks.</summary>
    Dpn,
}

/// <summary>The row of PaddleClas' table.</summary>
public sealed record PublishedFigures
{
    /// <summary>Top-1 accuracy on ImageNet, as a fraction.</summary>
    public required double Top1 { get; init; }

    /// <summary>Top-5 accuracy on ImageNet, as a fraction.</summary>
    public required double Top5 { get; init; }

    /// <summary>Top-1 accuracy in the paper; null if the table names none.</summary>
    public double? PaperTop1 { get; init; }

    /// <summary>Top-5 accuracy in the paper; null if the table names none.</summary>
    public double? PaperTop5 { get; init; }

    /// <summary>The FLOPs column, in G. What it counts differs by family: see <see cref="FlopsRule"/>.</summary>
    public required double FlopsG { get; init; }

    /// <summary>The parameters column, in M.</summary>
    public required double ParamsM { get; init; }

    /// <summary>What this table counts as a FLOP.</summary>
    public required string FlopsRule { get; init; }

    /// <summary>The page that the row is from.</summary>
    public required string Source { get; init; }

    /// <summary>Figures that are wrong or odd, and why.</summary>
    public required IReadOnlyList<PublishedNote> Notes { get; init; }
}

/// <summary>A remark on a published figure.</summary>
/// <param name="Figure">The columns it is about.</param>
/// <param name="Wrong">Whether the figure is wrong, or right but odd.</param>
/// <param name="Text">What is the matter, and the right figure.</param>
public sealed record PublishedNote(string Figure, bool Wrong, string Text);

/// <summary>Latencies that were measured on one GPU at one precision.</summary>
/// <param name="Gpu">The GPU, such as V100.</param>
/// <param name="Precision">fp32 or fp16.</param>
/// <param name="TensorRt">The TensorRT version, null where the page names none.</param>
/// <param name="Source">The page they are from.</param>
/// <param name="Note">A remark on how far they can be trusted, or null.</param>
/// <param name="Milliseconds">Milliseconds by batch size.</param>
public sealed record PublishedLatency(
    string Gpu, string Precision, string? TensorRt, string Source, string? Note, IReadOnlyDictionary<int, double> Milliseconds);
