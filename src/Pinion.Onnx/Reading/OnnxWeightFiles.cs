using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Pinion.Onnx;

/// <summary>
/// Reads, in pieces, the data of tensors that <see cref="OnnxSkeleton.ReadComplete"/> left in the model's file, or that the model keeps in
/// files of its own. Owner of the files it opens. Threads: one at a time.
/// </summary>
internal sealed class OnnxWeightFiles(string modelPath) : IDisposable
{
    private readonly Dictionary<string, SafeFileHandle> _files = new(StringComparer.Ordinal);

    public static StringStringEntryProto Entry(string key, object value) =>
        new() { Key = key, Value = string.Create(CultureInfo.InvariantCulture, $"{value}") };

    public static bool IsOutside(TensorProto tensor) => tensor.DataLocation == TensorProto.Types.DataLocation.External;

    /// <summary>Bytes that a tensor's elements take.</summary>
    /// <exception cref="InvalidDataException">Its type or its shape has no size.</exception>
    public static long Bytes(TensorProto tensor)
    {
        Int128 elements = tensor.Dims.Aggregate((Int128)1, (product, d) => d < 0 || product > long.MaxValue ? -1 : product * d);
        Int128 bits = (OnnxType)tensor.DataType switch
        {
            OnnxType.Int4 or OnnxType.UInt4 => 4,
            OnnxType.UInt8 or OnnxType.Int8 or OnnxType.Bool or OnnxType.Float8E4M3 or OnnxType.Float8E4M3Fnuz or OnnxType.Float8E5M2
                or OnnxType.Float8E5M2Fnuz => 8,
            OnnxType.UInt16 or OnnxType.Int16 or OnnxType.Float16 or OnnxType.BFloat16 => 16,
            OnnxType.Float32 or OnnxType.Int32 or OnnxType.UInt32 => 32,
            OnnxType.Int64 or OnnxType.UInt64 or OnnxType.Float64 or OnnxType.Complex64 => 64,
            OnnxType.Complex128 => 128,
            _ => throw new InvalidDataException($"tensor '{tensor.Name}' is of type {((OnnxType)tensor.DataType).GetName()}, whose data cannot lie outside of the graph"),
        };
        Int128 bytes = ((elements * bits) + 7) / 8;
        return elements >= 0 && bytes <= long.MaxValue
            ? (long)bytes
            : throw new InvalidDataException($"tensor '{tensor.Name}' of shape [{string.Join(',', tensor.Dims)}] has no size");
    }

    /// <summary>Throws unless the file holds all of the tensor.</summary>
    /// <exception cref="InvalidDataException">It does not, or says nothing that can be followed.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public void Check(TensorProto tensor) => Locate(tensor);

    /// <summary>Fills the bytes with the tensor's data from an offset on.</summary>
    /// <inheritdoc cref="Check"/>
    public void Read(TensorProto tensor, long offset, Span<byte> bytes)
    {
        (SafeFileHandle file, long start) = Locate(tensor);
        for (int read = 0; read < bytes.Length;)
        {
            int count = RandomAccess.Read(file, bytes[read..], start + offset + read);
            read += count > 0 ? count : throw Short(tensor);
        }
    }

    public void Dispose()
    {
        foreach (SafeFileHandle file in _files.Values)
        {
            file.Dispose();
        }
    }

    private (SafeFileHandle File, long Start) Locate(TensorProto tensor)
    {
        SafeFileHandle file = Open(tensor, Value(tensor, "location") ?? throw new InvalidDataException($"tensor '{tensor.Name}' does not say which file its data is in"));
        long start = Number(tensor, "offset") ?? 0;
        long bytes = Bytes(tensor);
        if (Number(tensor, "length") is { } length && length != bytes)
        {
            throw new InvalidDataException($"tensor '{tensor.Name}' of shape [{string.Join(',', tensor.Dims)}] takes {bytes} bytes; its data has {length}");
        }

        return start <= RandomAccess.GetLength(file) - bytes ? (file, start) : throw Short(tensor);
    }

    private SafeFileHandle Open(TensorProto tensor, string location)
    {
        if (_files.TryGetValue(location, out SafeFileHandle? file))
        {
            return file;
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(modelPath))!;
        string path = location.Length == 0 ? modelPath : Path.GetFullPath(Path.Combine(folder, location));
        if (location.Length > 0 && Path.GetRelativePath(folder, path) is var relative && (Path.IsPathRooted(relative) || relative.Split(Path.DirectorySeparatorChar)[0] == ".."))
        {
            throw new InvalidDataException($"tensor '{tensor.Name}' has its data in '{location}', which is outside of the model's folder");
        }

        return _files[location] = File.OpenHandle(path);
    }

    private static string? Value(TensorProto tensor, string key)
    {
        string[] values = [.. tensor.ExternalData.Where(e => e.Key == key).Select(e => e.Value)];
        return values.Length <= 1 ? values.FirstOrDefault() : throw new InvalidDataException($"tensor '{tensor.Name}' has its data in several places");
    }

    private static long? Number(TensorProto tensor, string key) => Value(tensor, key) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
        : throw new InvalidDataException($"tensor '{tensor.Name}' says that the {key} of its data is '{text}', which is no number");

    private static InvalidDataException Short(TensorProto tensor) => new($"the file ends before the data of tensor '{tensor.Name}' does");
}
