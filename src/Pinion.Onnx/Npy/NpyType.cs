using System.Globalization;

namespace Pinion.Onnx;

/// <summary>An element type of a .npy file.</summary>
/// <param name="Descr">As the file's header names it, such as <c>&lt;f4</c>.</param>
/// <param name="ElementBytes">Bytes of an element.</param>
/// <param name="Element">The same type in ONNX; null where ONNX has none.</param>
public readonly record struct NpyType(string Descr, int ElementBytes, OnnxType? Element)
{
    private static readonly (OnnxType Type, string Descr, int Bytes)[] Known =
    [
        (OnnxType.Float32, "<f4", 4),
        (OnnxType.Float16, "<f2", 2),
        (OnnxType.Float64, "<f8", 8),
        (OnnxType.Int8, "|i1", 1),
        (OnnxType.Int16, "<i2", 2),
        (OnnxType.Int32, "<i4", 4),
        (OnnxType.Int64, "<i8", 8),
        (OnnxType.UInt8, "|u1", 1),
        (OnnxType.UInt16, "<u2", 2),
        (OnnxType.UInt32, "<u4", 4),
        (OnnxType.UInt64, "<u8", 8),
        (OnnxType.Bool, "|b1", 1),
        (OnnxType.Complex64, "<c8", 8),
        (OnnxType.Complex128, "<c16", 16),
        // NumPy has no such types: it writes those of extension packages as raw bytes of that size.
        (OnnxType.BFloat16, "<V2", 2),
        (OnnxType.Float8E4M3, "|V1", 1),
    ];

    /// <summary>The type in NumPy's words, such as <c>float32</c>.</summary>
    public string Name => Element is { } element ? element.GetName() : NumPyName(Descr[1], ElementBytes);

    /// <summary>How elements of a type are written; null where .npy has no form for it, as for text and 4-bit integers.</summary>
    public static NpyType? For(OnnxType type) => Array.Find(Known, k => k.Type == type) is { Bytes: > 0 } known ? new NpyType(known.Descr, known.Bytes, type) : null;

    /// <summary>Reads <paramref name="descr"/>; false where it is not a plain little-endian type (see <paramref name="problem"/>).</summary>
    internal static bool TryParse(string descr, out NpyType type, out string problem)
    {
        type = default;
        problem = $"element type '{descr}' is not supported";
        if (descr.Length < 3 || !int.TryParse(descr.AsSpan(2), NumberStyles.None, null, out int bytes) || bytes is 0 or > 32)
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

        (OnnxType Type, string Descr, int Bytes) known = Array.Find(Known, k => k.Descr[1] == kind && k.Bytes == bytes);
        type = new NpyType(descr, bytes, known.Bytes > 0 ? known.Type : null);
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
