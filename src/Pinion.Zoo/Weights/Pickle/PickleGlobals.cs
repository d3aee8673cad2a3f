using System.Text;

namespace Pinion.Zoo;

/// <summary>The names a pickle may refer to, and what calling them makes. No name leads to code of anyone else.</summary>
internal static class PickleGlobals
{
    private const int MaxRank = 32;

    /// <summary>Far above any tensor; bounds the text that is looked through for one.</summary>
    private const int MaxArrayBytes = 1 << 30;

    /// <summary>Bytes that Python 2 writes for a name.</summary>
    public const int MaxNameBytes = 255;

    public static PickleGlobal Find(string module, string name, long position) => (module, name) switch
    {
        ("numpy.core.multiarray" or "numpy._core.multiarray", "_reconstruct") => PickleGlobal.NumpyReconstruct,
        ("numpy.core.multiarray" or "numpy._core.multiarray", "scalar") => PickleGlobal.NumpyScalar,
        ("numpy.core.numeric" or "numpy._core.numeric", "_frombuffer") => PickleGlobal.NumpyFromBuffer,
        ("numpy", "ndarray") => PickleGlobal.NumpyArray,
        ("numpy", "dtype") => PickleGlobal.NumpyType,
        ("_codecs", "encode") => PickleGlobal.EncodeText,
        ("builtins" or "__builtin__", "tuple") => PickleGlobal.Tuple,
        ("builtins" or "__builtin__", "bytes") => PickleGlobal.Bytes,
        ("collections", "OrderedDict") => PickleGlobal.OrderedDict,
        _ => throw new PickleException($"the pickle refers to '{Printable(module)}.{Printable(name)}', which is refused; nothing was executed", position),
    };

    public static object Call(PickleGlobal callee, object?[] arguments, PickleInput input) => (callee, arguments) switch
    {
        (PickleGlobal.NumpyReconstruct, [PickleGlobal.NumpyArray, _, _]) => new NumpyArray(),
        (PickleGlobal.NumpyType, [var code, ..]) => ParseType(code, input),
        (PickleGlobal.NumpyScalar, [NumpyType type, PickleBytes data]) => Array(type, [], data, fortranOrder: false, input),
        (PickleGlobal.NumpyFromBuffer, [PickleBytes data, NumpyType type, object?[] shape, "C" or "F"]) =>
            Array(type, shape, data, arguments[3] is "F", input),
        (PickleGlobal.EncodeText, [var text, "latin1" or "latin-1"]) => Encode(text, input),
        (PickleGlobal.Tuple, [object?[] items]) => items,
        // How protocol 2 writes bytes of length 0.
        (PickleGlobal.Bytes, []) => new PickleBytes(0, 0),
        (PickleGlobal.OrderedDict, []) => new PickleDict(),
        _ => throw new PickleException($"{Name(callee)} is called with arguments it does not take", input.Position),
    };

    /// <summary>The second half of numpy's own way to pickle: arrays and dtypes get their state after they are made.</summary>
    public static void Build(object? target, object? state, PickleInput input)
    {
        switch (target, state)
        {
            case (NumpyArray array, object?[] and [_, object?[] shape, NumpyType type, bool fortranOrder, PickleBytes data]):
                Fill(array, type, shape, data, fortranOrder, input);
                break;
            case (NumpyType type, object?[] and [_, var order, ..]):
                type.BigEndian = Text(order, input.Stream) switch
                {
                    "<" or "|" or "=" => false,
                    ">" => true,
                    _ => throw new PickleException("a dtype has an unknown byte order", input.Position),
                };
                break;
            default:
                throw new PickleException("a state is set on what is not a numpy array or dtype, or is not such a state", input.Position);
        }
    }

    /// <summary>A string, or the short bytes that Python 2 writes for one; null for anything else.</summary>
    public static string? Text(object? value, Stream file)
    {
        if (value is not PickleBytes { Length: <= MaxNameBytes } bytes)
        {
            return value as string;
        }

        if (bytes.Text is { } kept)
        {
            return kept.Length <= MaxNameBytes && Ascii.IsValid(kept) ? kept : null;
        }

        Span<byte> text = stackalloc byte[MaxNameBytes];
        text = text[..new PickleBytesReader(file, bytes).Read(text[..(int)bytes.Length])];
        return Ascii.IsValid(text) ? Encoding.ASCII.GetString(text) : null;
    }

    private static NumpyType ParseType(object? code, PickleInput input)
    {
        string? text = Text(code, input.Stream);
        return text?.TrimStart('<', '>', '=', '|') is { } plain
            && plain is "f2" or "f4" or "f8" or "i1" or "i2" or "i4" or "i8" or "u1" or "u2" or "u4" or "u8" or "b1"
            ? new NumpyType(plain) { BigEndian = text.StartsWith('>') }
            : throw new PickleException($"an array has type '{Printable(text ?? "?")}'; only plain numbers are read", input.Position);
    }

    private static NumpyArray Array(NumpyType type, object?[] shape, PickleBytes data, bool fortranOrder, PickleInput input)
    {
        var array = new NumpyArray();
        Fill(array, type, shape, data, fortranOrder, input);
        return array;
    }

    private static void Fill(NumpyArray array, NumpyType type, object?[] shape, PickleBytes data, bool fortranOrder, PickleInput input)
    {
        if (shape.Length > MaxRank || !shape.All(d => d is long and >= 0))
        {
            throw new PickleException("an array has a shape that is none", input.Position);
        }

        long[] dims = [.. shape.Cast<long>()];
        Int128 want = dims.Aggregate((Int128)type.ItemSize, (bytes, d) => bytes > long.MaxValue ? bytes : bytes * d);
        if (want > MaxArrayBytes)
        {
            throw new PickleException($"an array of shape [{string.Join(',', dims)}] and type {type.Code} is larger than {MaxArrayBytes} bytes", input.Position);
        }
        // Characters take one or two bytes: text of another length need not be looked through.
        bool possible = !data.IsLatin1Text || (data.Length <= 2 * want && want <= data.Length);
        long have = possible ? PickleBytesReader.CountBytes(input.Stream, data, input.Cancellation) : data.Length;
        if (!possible || want != have)
        {
            throw new PickleException($"an array of shape [{string.Join(',', dims)}] and type {type.Code} has {have} bytes of data", input.Position);
        }

        array.Set(type, dims, data, fortranOrder);
    }

    /// <summary>Text that stands for bytes, one character each.</summary>
    private static PickleBytes Encode(object? text, PickleInput input) => text switch
    {
        PickleBytes { IsLatin1Text: true } bytes => bytes,
        string s when s.All(c => c <= 0xFF) => new PickleBytes(0, 0) { Text = s },
        _ => throw new PickleException("what is to be encoded is not Latin-1 text", input.Position),
    };

    /// <summary>As the user may look it up.</summary>
    private static string Name(PickleGlobal callee) => callee switch
    {
        PickleGlobal.NumpyReconstruct => "numpy's _reconstruct",
        PickleGlobal.NumpyFromBuffer => "numpy's _frombuffer",
        PickleGlobal.NumpyScalar => "numpy's scalar",
        PickleGlobal.NumpyArray => "numpy's ndarray",
        PickleGlobal.NumpyType => "numpy's dtype",
        PickleGlobal.EncodeText => "_codecs.encode",
        _ => $"{callee}",
    };

    /// <summary>A name as it may be printed: no control characters, not too long.</summary>
    private static string Printable(string name) =>
        new([.. name.Take(100).Select(c => char.IsControl(c) ? '?' : c)]);
}
