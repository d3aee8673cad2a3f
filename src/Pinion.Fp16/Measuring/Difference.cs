namespace Pinion.Fp16;

/// <summary>How far one tensor is from another.</summary>
/// <param name="RelativeError">|a - b| / |b|; infinite where values were lost.</param>
/// <param name="Cosine">Of both as vectors; 1 where both are zero.</param>
/// <param name="Agreeing">Rows with the same largest element, or equal elements.</param>
/// <param name="Rows">Rows, or elements; 0 where there is nothing to choose from.</param>
/// <param name="Lost">Values that are finite in the one and not in the other.</param>
internal readonly record struct Difference(double RelativeError, double Cosine, long Agreeing, long Rows, long Lost)
{
    /// <summary>Compares floating point. Where both have the same infinity, or both are no number, they agree.</summary>
    /// <param name="got">Elements to judge.</param>
    /// <param name="expected">As many elements.</param>
    /// <param name="row">How many elements one is chosen from; 1 for no choice.</param>
    public static Difference Of(ReadOnlySpan<float> got, ReadOnlySpan<float> expected, int row)
    {
        if (got.Length != expected.Length)
        {
            return Nothing(expected.Length);
        }

        double dot = 0;
        double squares = 0;
        double gotSquares = 0;
        double error = 0;
        long lost = 0;
        for (int i = 0; i < got.Length; i++)
        {
            float a = got[i];
            float b = expected[i];
            if (float.IsFinite(a) && float.IsFinite(b))
            {
                double difference = (double)a - b;
                dot += (double)a * b;
                squares += (double)b * b;
                gotSquares += (double)a * a;
                error += difference * difference;
            }
            else if (!a.Equals(b))
            {
                lost++;
            }
        }

        double relative = lost > 0 ? double.PositiveInfinity : error == 0 ? 0 : Math.Sqrt(error / squares);
        double cosine = lost > 0 ? 0 : squares == 0 && gotSquares == 0 ? 1 : squares == 0 || gotSquares == 0 ? 0 : dot / Math.Sqrt(squares) / Math.Sqrt(gotSquares);
        long agreeing = 0;
        long rows = row > 1 ? got.Length / row : 0;
        for (int start = 0; row > 1 && start + row <= got.Length; start += row)
        {
            agreeing += Largest(got.Slice(start, row)) == Largest(expected.Slice(start, row)) ? 1 : 0;
        }

        return new Difference(relative, Math.Min(1, cosine), agreeing, rows, lost);
    }

    /// <summary>Compares whole numbers and booleans: the relative error is the share of elements that differ.</summary>
    public static Difference OfElements(ReadOnlySpan<byte> got, ReadOnlySpan<byte> expected, int elementBytes)
    {
        int count = expected.Length / elementBytes;
        if (got.Length != expected.Length)
        {
            return Nothing(count);
        }

        int equal = 0;
        for (int i = 0; i < expected.Length; i += elementBytes)
        {
            equal += got.Slice(i, elementBytes).SequenceEqual(expected.Slice(i, elementBytes)) ? 1 : 0;
        }

        return new Difference(count == 0 ? 0 : 1 - ((double)equal / count), 1, equal, count, 0);
    }

    /// <summary>Another number of elements: nothing of it is right.</summary>
    private static Difference Nothing(int count) => new(double.PositiveInfinity, 0, 0, count, count);

    private static int Largest(ReadOnlySpan<float> row)
    {
        int largest = 0;
        for (int i = 1; i < row.Length; i++)
        {
            largest = row[i] > row[largest] || float.IsNaN(row[largest]) ? i : largest;
        }

        return largest;
    }
}
