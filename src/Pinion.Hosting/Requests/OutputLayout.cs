namespace Pinion.Hosting;

/// <summary>Where a request's outputs lie in its memory: by its shapes and rows. Immutable.</summary>
internal sealed class OutputLayout
{
    /// <summary>Outputs begin at multiples of this, as pinned memory does.</summary>
    private const int Alignment = 64;

    public OutputLayout(IReadOnlyList<TensorInfo> outputs)
    {
        Outputs = outputs;
        Offsets = new long[outputs.Count];
        Sizes = new int[outputs.Count];
        for (int i = 0; i < outputs.Count; i++)
        {
            Offsets[i] = TotalBytes;
            long size = outputs[i].DataType.GetSizeBytes(outputs[i].Shape.ElementCount);
            Sizes[i] = size <= int.MaxValue ? (int)size : throw new PinionException(
                $"The output '{outputs[i].Name}' of shape {outputs[i].Shape} has {size} bytes, too many for a span.", PinionStatus.Unsupported, "infer");
            TotalBytes += (size + Alignment - 1) / Alignment * Alignment;
        }
    }

    /// <summary>The outputs, with this request's shapes.</summary>
    public IReadOnlyList<TensorInfo> Outputs { get; }

    public long[] Offsets { get; }

    public int[] Sizes { get; }

    public long TotalBytes { get; }

    public int IndexOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        for (int i = 0; i < Outputs.Count; i++)
        {
            if (Outputs[i].Name == name)
            {
                return i;
            }
        }

        throw new ArgumentException($"There is no output '{name}'; there are: {string.Join(", ", Outputs.Select(o => $"'{o.Name}'"))}.", nameof(name));
    }
}
