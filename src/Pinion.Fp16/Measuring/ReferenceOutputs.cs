namespace Pinion.Fp16;

/// <summary>What the FP32 model gave for each sample, in a file: it may be more than memory holds. Owner of the file's stream. Threads: one at a time.</summary>
internal sealed class ReferenceOutputs(string path) : IDisposable
{
    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.ReadWrite);
    private readonly List<Entry[]> _samples = [];
    private readonly TensorComparer _comparer = new();
    private byte[] _buffer = [];

    private readonly HashSet<string> _withNumbers = new(StringComparer.Ordinal);
    private readonly Elements _elements = new();

    /// <summary>A floating-point output that has no finite element on any sample; null where there is none.</summary>
    public string? FirstWithoutNumbers => _samples[0].FirstOrDefault(e => Elements.IsFloating(e.Type) && _samples.Any(s => s.Any(o => o.Name == e.Name && o.Bytes > 0)) && !_withNumbers.Contains(e.Name))?.Name;

    /// <summary>Keeps what a model gave for the next sample.</summary>
    public void Add(ModelRun run)
    {
        var entries = new List<Entry>();
        foreach (TensorInfo output in run.Outputs)
        {
            ReadOnlySpan<byte> data = run.Data(output);
            if (!_withNumbers.Contains(output.Name) && HasNumber(_elements.Floats(output.DataType, data)))
            {
                _withNumbers.Add(output.Name);
            }

            entries.Add(new Entry(output.Name, output.DataType, run.Shape(output), _file.Position, data.Length));
            _file.Write(data);
        }

        _samples.Add([.. entries]);
    }

    /// <summary>Whether an output is floating point.</summary>
    public bool HasFloats => _samples[0].Any(e => Elements.IsFloating(e.Type));

    /// <summary>Names of the outputs, in their order.</summary>
    public IEnumerable<string> Names => _samples[0].Select(e => e.Name);

    /// <summary>Compares what a model gives for a sample; its outputs have the same order, and perhaps other names.</summary>
    public Difference[] Compare(ModelRun run, int sample)
    {
        Entry[] entries = _samples[sample];
        var differences = new Difference[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            Entry entry = entries[i];
            TensorInfo output = run.Outputs[i];
            _buffer = _buffer.Length >= entry.Bytes ? _buffer : new byte[entry.Bytes];
            Span<byte> expected = _buffer.AsSpan(0, entry.Bytes);
            _file.Position = entry.Offset;
            _file.ReadExactly(expected);
            Difference difference = _comparer.Compare(output.DataType, run.Data(output), entry.Type, expected, Row(entry.Shape));
            differences[i] = Elements.IsFloating(entry.Type) ? difference : Agreement(difference);
        }

        return differences;
    }

    /// <summary>Whole numbers that differ are no larger or smaller errors: only how many are equal is judged.</summary>
    private static Difference Agreement(Difference difference) => double.IsFinite(difference.RelativeError) ? difference with { RelativeError = 0 } : difference;

    public void Dispose() => _file.Dispose();

    private static bool HasNumber(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (float.IsFinite(value))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Classes are the last dimension; images and maps have none to choose from.</summary>
    private static int Row(TensorShape shape) => shape.Rank is 2 or 3 && shape[shape.Rank - 1] > 1 ? (int)shape[shape.Rank - 1] : 1;

    private sealed record Entry(string Name, TensorDataType Type, TensorShape Shape, long Offset, int Bytes);
}
