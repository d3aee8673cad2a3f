namespace Pinion.Zoo;

/// <summary>Bytes that are still in the file, as they are or written as text.</summary>
internal sealed class PickleBytes(long offset, long length, bool isLatin1Text = false)
{
    /// <summary>Where they begin in the file.</summary>
    public long Offset => offset;

    /// <summary>How many bytes of the file they take up.</summary>
    public long Length => length;

    /// <summary>Protocol 2 writes bytes as text: each is one code point below 256, in UTF-8.</summary>
    public bool IsLatin1Text => isLatin1Text;

    /// <summary>The text itself, if it was short enough to be kept; there is then nothing to read in the file.</summary>
    public string? Text { get; init; }

    /// <summary>Bytes that a text in the file stands for, once they were counted.</summary>
    public long? DecodedLength { get; set; }
}

/// <summary>A dict whose keys are strings. Values are never looked into further than a caller asks.</summary>
internal sealed class PickleDict : Dictionary<string, object?>
{
    public PickleDict()
        : base(StringComparer.Ordinal)
    {
    }
}

/// <summary>A numpy dtype.</summary>
internal sealed class NumpyType(string code)
{
    /// <summary>Kind and item size, such as f4.</summary>
    public string Code { get; } = code;

    public bool BigEndian { get; set; }

    public int ItemSize => Code[1] - '0';
}

/// <summary>A numpy array, or a scalar of rank 0. Its data stays in the file.</summary>
internal sealed class NumpyArray
{
    public NumpyType? Type { get; private set; }

    public long[] Shape { get; private set; } = [];

    public PickleBytes? Data { get; private set; }

    /// <summary>The first index varies fastest.</summary>
    public bool FortranOrder { get; private set; }

    /// <summary>Whether the array has its state; one that is only allocated has none.</summary>
    public bool IsComplete => Data is not null;

    public void Set(NumpyType type, long[] shape, PickleBytes data, bool fortranOrder)
    {
        Type = type;
        Shape = shape;
        Data = data;
        FortranOrder = fortranOrder;
    }
}

/// <summary>What a pickle may call. Nothing else in it is ever looked up.</summary>
internal enum PickleGlobal
{
    NumpyReconstruct,
    NumpyFromBuffer,
    NumpyScalar,
    NumpyArray,
    NumpyType,
    EncodeText,
    Tuple,
    Bytes,
    OrderedDict,
}
