namespace Pinion.Fp16;

/// <summary>Compares tensors of whatever types, through buffers that are used again. Threads: one at a time.</summary>
internal sealed class TensorComparer
{
    private readonly Elements _got = new();
    private readonly Elements _expected = new();

    /// <summary>Floating point by its values, which may be of two types; other elements by their bytes.</summary>
    /// <param name="gotType">Of what is judged.</param>
    /// <param name="got">Its elements.</param>
    /// <param name="expectedType">Of what it should be.</param>
    /// <param name="expected">Its elements.</param>
    /// <param name="row">How many elements one is chosen from; 1 for no choice.</param>
    public Difference Compare(TensorDataType gotType, ReadOnlySpan<byte> got, TensorDataType expectedType, ReadOnlySpan<byte> expected, int row) =>
        Elements.IsFloating(expectedType)
            ? Difference.Of(_got.Floats(gotType, got), _expected.Floats(expectedType, expected), row)
            : Difference.OfElements(got, expected, (int)Math.Max(1, expectedType.GetSizeBytes(1)));
}
