namespace Pinion.Zoo;

/// <summary>How a zoo network is written.</summary>
public sealed record ExportOptions
{
    /// <summary>Seed of the made-up weights; not used with <see cref="WeightsFile"/>. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>A .pdparams file with the network's weights, as PaddleClas publishes them. Default null: weights from the seed.</summary>
    public string? WeightsFile { get; init; }

    /// <summary>A fixed batch size. Default null: the batch stays dynamic.</summary>
    public int? Batch { get; init; }

    /// <summary>Whether the graph ends in the softmax that PaddleClas' exported models have. Default true.</summary>
    public bool Softmax { get; init; } = true;

    /// <summary>13 (default) for every TensorRT from 8.0 on, 17 for LayerNormalization operators, which TensorRT 8.6 and later take.</summary>
    public int Opset { get; init; } = 13;

    /// <summary>The opsets that can be written, the default first.</summary>
    public static IReadOnlyList<int> Opsets { get; } = [13, 17];

    /// <summary>The largest fixed batch.</summary>
    public const int MaxBatch = 65536;

    internal void Validate()
    {
        if (!Opsets.Contains(Opset))
        {
            throw new ArgumentOutOfRangeException(nameof(Opset), Opset, $"The opset must be {string.Join(" or ", Opsets)}.");
        }

        if (WeightsFile is { Length: 0 })
        {
            throw new ArgumentException("The name of the weights file is empty.", nameof(WeightsFile));
        }

        if (Batch is < 1 or > MaxBatch)
        {
            throw new ArgumentOutOfRangeException(nameof(Batch), Batch, $"The batch must be between 1 and {MaxBatch}, or null for a dynamic one.");
        }
    }
}
