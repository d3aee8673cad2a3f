namespace Pinion.Cli.Npy;

/// <summary>An element type as the header's <c>descr</c> names it, such as <c>&lt;f4</c>.</summary>
internal readonly record struct NpyType(string Descr, int ElementBytes, TensorDataType? Tensor)
{
    /// <summary>The type in NumPy's words, such as <c>float32</c>, for messages.</summary>
    public string Name => Tensor is { } tensor ? DataTypes.Name(tensor) : Descr.Length > 1 ? NumPyName(Descr[1], ElementBytes) : Descr;

    /// <summary>How a tensor of this type is written; null where .npy has no form for it (4-bit integers).</summary>
    public static NpyType? For(TensorDataType type) => type switch
    {
        TensorDataType.Float32 => new("<f4", 4, type),
        TensorDataType.Float16 => new("<f2", 2, type),
        TensorDataType.Int8 => new("|i1", 1, type),
        TensorDataType.Int32 => new("<i4", 4, type),
        TensorDataType.Bool => new("|b1", 1, type),
        TensorDataType.UInt8 => new("|u1", 1, type),
        TensorDataType.Int64 => new("<i8", 8, type),
        // NumPy has no such types: it writes those of extension packages as raw bytes of that size.
        TensorDataType.BFloat16 => new("<V2", 2, type),
        TensorDataType.Fp8 => new("|V1", 1, type),
        _ => null,
    };

    /// <summary>Reads <paramref name="descr"/>; false where it is not a plain little-endian type (see <paramref name="problem"/>).</summary>
    public static bool TryParse(string descr, out NpyType type, out string problem)
    {
        type = default;
        problem = $"element type '{descr}' is not supported";
        if (descr.Length < 3 || !int.TryParse(descr.AsSpan(2), System.Globalization.NumberStyles.None, null, out int bytes) || bytes is 0 or > 32)
        {
            return false;
        }
        char order = descr[0];
        char kind = descr[1];
        if (order == '>' && bytes > 1)
        {
            problem = $"its elements are big endian ('{descr}'); convert it with a.astype(a.dtype.newbyteorder('<'))";
            return false;
        }
        if (order is not ('<' or '|' or '=' or '>') || kind is not ('f' or 'i' or 'u' or 'b' or 'V' or 'c'))
        {
            return false;
        }
        TensorDataType? tensor = (kind, bytes) switch
        {
            ('f', 4) => TensorDataType.Float32,
            ('f', 2) => TensorDataType.Float16,
            ('i', 1) => TensorDataType.Int8,
            ('i', 4) => TensorDataType.Int32,
            ('i', 8) => TensorDataType.Int64,
            ('u', 1) => TensorDataType.UInt8,
            ('b', 1) => TensorDataType.Bool,
            ('V', 2) => TensorDataType.BFloat16,
            ('V', 1) => TensorDataType.Fp8,
            _ => null,
        };
        type = new NpyType(descr, bytes, tensor);
        problem = "";
        return true;
    }

    private static string NumPyName(char kind, int bytes) => kind switch
    {
        'f' => $"float{bytes * 8}",
        'i' => $"int{bytes * 8}",
        'u' => $"uint{bytes * 8}",
        'c' => $"complex{bytes * 8}",
        'b' => "bool",
        _ => $"void{bytes * 8}",
    };
}
