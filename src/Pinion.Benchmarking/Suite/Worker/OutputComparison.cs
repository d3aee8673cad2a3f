using Pinion.Onnx;

namespace Pinion.Benchmarking;

/// <summary>Compares outputs with those of a reference, over all output tensors together.</summary>
public sealed class OutputComparison
{
    private double _maxAbs;
    private double _sumAbs;
    private double _dot;
    private double _square;
    private double _referenceSquare;
    private long _finite;
    private long _nan;
    private long _infinite;
    private long _elements;
    private long _rows;
    private long _agreeing;

    internal OutputComparison()
    {
    }

    /// <summary>Compares what a session's last run left with files, such as <c>pinion run --output-dir</c> writes.</summary>
    /// <param name="engine">The session's engine.</param>
    /// <param name="session">It has run, and is idle.</param>
    /// <param name="folder">One .npy file for each output, named by the tensor.</param>
    /// <param name="referenceText">What the reference is, in words.</param>
    /// <exception cref="BenchmarkException">An output has another shape than its reference.</exception>
    /// <exception cref="NpyException">A file is no .npy file.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static SuiteAccuracy Compare(Engine engine, Session session, string folder, string referenceText)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(session);
        var comparison = new OutputComparison();
        var taken = new HashSet<string>();
        foreach (TensorInfo output in engine.Outputs)
        {
            string path = Path.Combine(folder, FileName.For(output.Name, ".npy", taken));
            using var reference = NpyFile.Open(path);
            byte[] expected = new byte[reference.DataBytes];
            reference.ReadInto(expected);
            TensorShape shape = session.GetShape(output.Name);
            if (shape != new TensorShape(reference.Shape) || !TensorDataTypeExtensions.TryParse(reference.Type.Name, out TensorDataType type))
            {
                throw new BenchmarkException($"output '{output.Name}' has shape {shape}, its reference {new TensorShape(reference.Shape)}.");
            }

            comparison.Add(output.DataType, session.Output<byte>(output.Name), type, expected, shape);
        }

        return comparison.Result(referenceText);
    }

    /// <summary>Adds one tensor. A tensor of two dimensions holds a row of scores per image, whose largest is compared too.</summary>
    internal void Add(TensorDataType type, ReadOnlySpan<byte> actual, TensorDataType referenceType, ReadOnlySpan<byte> expected, TensorShape shape)
    {
        int size = ElementReader.Bytes(type);
        int referenceSize = ElementReader.Bytes(referenceType);
        if (size == 0 || referenceSize == 0)
        {
            return;
        }

        int columns = shape.Rank == 2 && shape[1] > 1 ? (int)shape[1] : 0;
        int best = 0;
        int referenceBest = 0;
        (double largest, double referenceLargest) = (double.NegativeInfinity, double.NegativeInfinity);
        for (int i = 0; i < actual.Length / size; i++)
        {
            double value = ElementReader.Read(type, actual[(i * size)..]);
            double reference = ElementReader.Read(referenceType, expected[(i * referenceSize)..]);
            Count(value, reference);
            if (columns == 0)
            {
                continue;
            }

            int column = i % columns;
            if (column == 0)
            {
                (best, referenceBest, largest, referenceLargest) = (0, 0, double.NegativeInfinity, double.NegativeInfinity);
            }

            (best, largest) = value > largest ? (column, value) : (best, largest);
            (referenceBest, referenceLargest) = reference > referenceLargest ? (column, reference) : (referenceBest, referenceLargest);
            if (column == columns - 1)
            {
                _rows++;
                // A row without a number has no largest; it agrees with nothing.
                _agreeing += best == referenceBest && !double.IsNegativeInfinity(largest) ? 1 : 0;
            }
        }
    }

    internal SuiteAccuracy Result(string referenceText)
    {
        double norms = Math.Sqrt(_square) * Math.Sqrt(_referenceSquare);
        // Two vectors of zeros alone are equal; one of them alone has no direction to share.
        double cosine = norms > 0 ? Math.Min(_dot / norms, 1) : _square == _referenceSquare ? 1 : 0;
        return new SuiteAccuracy(
            referenceText, _maxAbs, _finite == 0 ? 0 : _sumAbs / _finite, cosine, _rows == 0 ? null : (double)_agreeing / _rows, _nan, _infinite, _elements);
    }

    private void Count(double value, double reference)
    {
        _elements++;
        _nan += double.IsNaN(value) ? 1 : 0;
        _infinite += double.IsInfinity(value) ? 1 : 0;
        if (!double.IsFinite(value) || !double.IsFinite(reference))
        {
            return;
        }

        double difference = Math.Abs(value - reference);
        _finite++;
        _sumAbs += difference;
        _maxAbs = Math.Max(_maxAbs, difference);
        _dot += value * reference;
        _square += value * value;
        _referenceSquare += reference * reference;
    }
}
