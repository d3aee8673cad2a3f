namespace Pinion.Hosting;

/// <summary>Copies a tensor to the beginning of a larger one and fills the rest with zeros.</summary>
internal static class PaddedCopy
{
    /// <param name="source">The smaller tensor's bytes.</param>
    /// <param name="from">Its shape.</param>
    /// <param name="destination">The larger tensor's bytes.</param>
    /// <param name="to">Its shape, of the same rank and no dimension smaller.</param>
    public static void Copy(ReadOnlySpan<byte> source, TensorShape from, Span<byte> destination, TensorShape to)
    {
        // The dimensions behind the last one that differs are copied in one piece.
        int last = from.Rank - 1;
        while (last >= 0 && from[last] == to[last])
        {
            last--;
        }

        if (last < 0)
        {
            source.CopyTo(destination);
            return;
        }

        destination.Clear();
        Copy(source, from, destination, to, 0, last);
    }

    private static void Copy(ReadOnlySpan<byte> source, in TensorShape from, Span<byte> destination, in TensorShape to, int axis, int last)
    {
        int count = (int)from[axis];
        if (count == 0)
        {
            return;
        }

        if (axis == last)
        {
            source.CopyTo(destination);
            return;
        }

        int sourceStep = source.Length / count;
        int destinationStep = destination.Length / (int)to[axis];
        for (int i = 0; i < count; i++)
        {
            Copy(source.Slice(i * sourceStep, sourceStep), from, destination.Slice(i * destinationStep, destinationStep), to, axis + 1, last);
        }
    }
}
