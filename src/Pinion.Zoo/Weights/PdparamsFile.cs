using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Pinion.Zoo;

/// <summary>
/// A state dict that Paddle saved: a pickled dict from name to numpy array, or to a tuple of Paddle's own name and the
/// array. Only the table of contents is held in memory; data is read from the file when a tensor is written.
/// </summary>
internal sealed class PdparamsFile : IWeightSource
{
    /// <summary>Key under which Paddle stores its table from structured names to its own parameter names.</summary>
    private const string NameTable = "StructuredToParameterName@@";

    private readonly string _path;
    private readonly string _network;
    private readonly FileStream _file;
    private readonly PickleDict _entries;
    private readonly PickleDict _names;
    private readonly Dictionary<string, NumpyArray> _bound = new(StringComparer.Ordinal);
    private byte[] _bytes = [];
    private byte[]? _text;
    private (string Name, PickleBytesReader Reader)? _current;
    private (string Name, float[] Elements)? _reordered;

    private PdparamsFile(string path, string network, FileStream file, PickleDict entries)
    {
        _path = path;
        _network = network;
        _file = file;
        _entries = entries;
        _names = entries.GetValueOrDefault(NameTable) as PickleDict ?? [];
        entries.Remove(NameTable);
    }

    /// <exception cref="WeightsFileException">The file cannot be opened or is not a state dict.</exception>
    /// <exception cref="OperationCanceledException">The reading was stopped.</exception>
    public static PdparamsFile Open(string path, string network, CancellationToken cancellation)
    {
        FileStream? file = null;
        try
        {
            RequireRegularFile(path);
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            PickleDict entries = PickleMachine.Read(file, cancellation) as PickleDict ?? throw new PickleException("the pickle is not a dict", file.Position);
            return new PdparamsFile(path, network, file, entries);
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (e is PickleException or IOException or UnauthorizedAccessException or NotSupportedException)
            {
                throw new WeightsFileException(path, e is PickleException ? e.Message : AtomicFile.Reason(e), e);
            }

            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    public void Check(IReadOnlyList<Parameter> parameters)
    {
        var missing = new List<string>();
        var mismatched = new List<string>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (Parameter parameter in parameters)
        {
            string key = Key(parameter.Name);
            if (!_entries.TryGetValue(key, out object? entry))
            {
                missing.Add(parameter.Name);
                continue;
            }

            used.Add(key);
            if (AsArray(entry) is { } array && Fits(array, parameter))
            {
                _bound[parameter.Name] = array;
            }
            else
            {
                mismatched.Add($"{parameter.Name} is [{string.Join(',', parameter.Shape)}] float, the file has {Describe(entry)}");
            }
        }

        string[] extra = [.. _entries.Keys.Where(k => !used.Contains(k)).Select(Printable)];
        if (missing.Count + mismatched.Count + extra.Length > 0)
        {
            throw new WeightsMismatchException(_path, _network, missing, extra, mismatched, FindNetwork(), FindPrefix(missing) is { } prefix ? Printable(prefix) : null);
        }
    }

    public void Read(Parameter parameter, long offset, Span<float> elements)
    {
        NumpyArray array = _bound[parameter.Name];
        try
        {
            if (array.FortranOrder && array.Shape.Length > 1)
            {
                Reordered(parameter, array).AsSpan((int)offset, elements.Length).CopyTo(elements);
            }
            else
            {
                if (offset == 0)
                {
                    _current = (parameter.Name, Reader(array));
                }

                if (_current?.Name != parameter.Name)
                {
                    throw new InvalidOperationException($"{parameter.Name} is not read from its beginning");
                }

                ReadElements(_current.Value.Reader, array.Type!, elements);
            }
        }
        catch (Exception e) when (e is PickleException or IOException)
        {
            throw new WeightsFileException(_path, e.Message, e);
        }
    }

    /// <summary>Opening a pipe waits for whoever writes to it, and a device has no end; to the system both have no length.</summary>
    private static void RequireRegularFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException("it is a folder");
        }

        string target = FinalTarget.Of(path);
        // A file that is not there has no length either, and says so.
        if (FinalTarget.IsDevice(target) || new FileInfo(target).Length == 0)
        {
            throw new IOException("it is empty, or no regular file");
        }
    }

    /// <summary>The file's key for a name: the name itself, or the one that Paddle's table gives for it.</summary>
    private string Key(string name) =>
        !_entries.ContainsKey(name) && PickleGlobals.Text(_names.GetValueOrDefault(name), _file) is { } other && _entries.ContainsKey(other) ? other : name;

    private void ReadElements(PickleBytesReader reader, NumpyType type, Span<float> elements)
    {
        int count = elements.Length * type.ItemSize;
        if (_bytes.Length < count)
        {
            _bytes = new byte[count];
        }

        if (reader.Read(_bytes.AsSpan(0, count)) != count)
        {
            throw new PickleException("the file was cut off while it was read", _file.Length);
        }

        if (type.ItemSize == sizeof(float))
        {
            Span<int> bits = MemoryMarshal.Cast<byte, int>(_bytes.AsSpan(0, count));
            if (type.BigEndian == BitConverter.IsLittleEndian)
            {
                BinaryPrimitives.ReverseEndianness(bits, bits);
            }

            MemoryMarshal.Cast<int, float>(bits).CopyTo(elements);
            return;
        }

        for (int i = 0; i < elements.Length; ++i)
        {
            Span<byte> half = _bytes.AsSpan(2 * i, 2);
            elements[i] = (float)(type.BigEndian ? BinaryPrimitives.ReadHalfBigEndian(half) : BinaryPrimitives.ReadHalfLittleEndian(half));
        }
    }

    /// <summary>One reader is in use at a time, so all share what they need for text.</summary>
    private PickleBytesReader Reader(NumpyArray array) =>
        new(_file, array.Data!, array.Data!.IsLatin1Text ? _text ??= new byte[PickleBytesReader.TextBufferBytes] : null);

    /// <summary>A tensor stored with its first index fastest, brought in order. The one case that needs a tensor in memory.</summary>
    private float[] Reordered(Parameter parameter, NumpyArray array)
    {
        if (_reordered?.Name == parameter.Name)
        {
            return _reordered.Value.Elements;
        }

        float[] stored = new float[parameter.Elements];
        ReadElements(Reader(array), array.Type!, stored);
        float[] elements = new float[stored.Length];
        int[] index = new int[array.Shape.Length];
        foreach (float value in stored)
        {
            long at = 0;
            for (int axis = 0; axis < index.Length; ++axis)
            {
                at = at * array.Shape[axis] + index[axis];
            }

            elements[at] = value;
            for (int axis = 0; axis < index.Length && ++index[axis] == array.Shape[axis]; ++axis)
            {
                index[axis] = 0;
            }
        }

        _reordered = (parameter.Name, elements);
        return elements;
    }

    /// <summary>The network of the zoo whose tensors these are, for the error message.</summary>
    private string? FindNetwork()
    {
        IEnumerable<string> sameCount = NetworkTable.TensorCounts.Where(n => n.Value == _entries.Count).Select(n => n.Key);
        return sameCount.FirstOrDefault(network => NetworkTable.Build(network, network, opset: 13, batch: null, softmax: false).Parameters
            .All(p => _entries.TryGetValue(Key(p.Name), out object? entry) && AsArray(entry) is { } array && Fits(array, p)));
    }

    /// <summary>What stands before every missing name in the file, as training tools put it there; null if nothing does.</summary>
    private string? FindPrefix(List<string> missing) => missing.Count == 0
        ? null
        : _entries.Keys
            .Where(k => k.EndsWith(missing[0], StringComparison.Ordinal))
            .Select(k => k[..^missing[0].Length])
            .FirstOrDefault(prefix => missing.All(m => _entries.ContainsKey(prefix + m)));

    private static bool Fits(NumpyArray array, Parameter parameter) =>
        array.IsComplete && array.Type!.Code is "f4" or "f2" && array.Shape.SequenceEqual(parameter.Shape.Select(d => (long)d));

    private static NumpyArray? AsArray(object? entry) => entry switch
    {
        NumpyArray array => array,
        // The name is a string, or bytes if Python 2 wrote it.
        object?[] and [string or PickleBytes, NumpyArray array] => array,
        _ => null,
    };

    private static string Describe(object? entry) => AsArray(entry) is { IsComplete: true } array
        ? $"[{string.Join(',', array.Shape)}] {array.Type!.Code}{(array.Type.Code == "u2" ? ", which is how Paddle saves bfloat16" : "")}"
        : "no array";

    private static string Printable(string name) => new([.. name.Take(200).Select(c => char.IsControl(c) ? '?' : c)]);
}
