namespace Pinion.Hosting;

#pragma warning disable CA2208 // The parameter named is that of the method which throws.

/// <summary>What is wrong with a request. A message names the value, the limit and the way out.</summary>
internal static class RequestErrors
{
    public static ArgumentException WrongCount(ReadOnlySpan<TensorInput> inputs, TensorInfo[] expected)
    {
        foreach (TensorInfo info in expected)
        {
            bool isGiven = false;
            foreach (ref readonly TensorInput input in inputs)
            {
                isGiven |= input.Name == info.Name;
            }

            if (!isGiven)
            {
                return new($"The input '{info.Name}' is missing: give each of {Names(expected)} once.", nameof(inputs));
            }
        }

        return new($"There are {inputs.Length} inputs: give each of {Names(expected)} once.", nameof(inputs));
    }

    public static ArgumentException Unknown(in TensorInput input, TensorInfo[] expected) =>
        new($"There is no input '{input.Name}'; there are {Names(expected)}.", "inputs");

    public static ArgumentException Doubled(in TensorInput input) => new($"The input '{input.Name}' is given twice.", "inputs");

    public static ArgumentException RowsDiffer(ReadOnlySpan<TensorInput> inputs)
    {
        var rows = new List<string>();
        foreach (ref readonly TensorInput input in inputs)
        {
            rows.Add($"'{input.Name}' {input.Shape}");
        }

        return new($"All inputs of a request have the same first dimension, its rows: {string.Join(", ", rows)}.", nameof(inputs));
    }

    public static ArgumentException NotAdmitted(in TensorInput input, ShapeRange range, bool isBatched)
    {
        if (isBatched && input.Shape.Rank == range.Min.Rank && (input.Shape[0] < range.Min[0] || input.Shape[0] > range.Max[0]))
        {
            return new($"The input '{input.Name}' of shape {input.Shape} has {input.Shape[0]} rows: a request carries {range.Min[0]} to {range.Max[0]}.", "inputs");
        }

        return range.Min == range.Max
            ? new($"The input '{input.Name}' has the fixed shape {range.Min}, not {input.Shape}.", "inputs")
            : new($"The shape {input.Shape} of the input '{input.Name}' lies outside the profile: min={range.Min}, max={range.Max}.", "inputs");
    }

    public static ArgumentException WrongType(in TensorInput input, TensorInfo info) =>
        new($"The input '{input.Name}' is {info.DataType}: give {info.DataType.GetElementType().Name}, or Byte for its bytes, not {input.ElementType.Name}.", "inputs");

    public static ArgumentException WrongSize(in TensorInput input, TensorInfo info, long bytes) =>
        new($"The input '{input.Name}' of shape {input.Shape}, {info.DataType}, has {bytes} bytes, but {input.SizeBytes} are given.", "inputs");

    private static string Names(TensorInfo[] tensors) => string.Join(", ", tensors.Select(t => $"'{t.Name}'"));
}
