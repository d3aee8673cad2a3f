using System.Buffers.Binary;
using Google.Protobuf;

namespace Pinion.Onnx;

/// <summary>Constants: their shapes, and their contents where they are small and kept.</summary>
internal static class OnnxTensors
{
    public static OnnxValue Read(TensorProto tensor)
    {
        OnnxValue value = OnnxValue.Of(tensor.Dims.Select(d => (long?)d)) with { IsConstant = true };
        if (value.Elements is not { } count || tensor.Dims.Count > 1)
        {
            return value;
        }

        return (OnnxType)tensor.DataType switch
        {
            OnnxType.Int64 or OnnxType.Int32 or OnnxType.Bool => value with { Integers = Integers(tensor, count) },
            OnnxType.Float32 => value with { Floats = Floats(tensor, count) },
            _ => value,
        };
    }

    /// <summary>Whether the elements are floating-point numbers, of whatever width.</summary>
    public static bool IsFloat(TensorProto tensor) => (OnnxType)tensor.DataType is
        OnnxType.Float32 or OnnxType.Float16 or OnnxType.BFloat16 or OnnxType.Float64;

    /// <summary>Whether the elements are what weights are quantized to.</summary>
    public static bool IsQuantized(TensorProto tensor) => (OnnxType)tensor.DataType is OnnxType.Int8 or OnnxType.UInt8;

    private static long?[]? Integers(TensorProto tensor, long count)
    {
        int width = (OnnxType)tensor.DataType switch
        {
            OnnxType.Int64 => sizeof(long),
            OnnxType.Int32 => sizeof(int),
            _ => 1,
        };
        if (tensor.HasRawData && tensor.RawData.Length == count * width)
        {
            ByteString raw = tensor.RawData;
            return [.. Enumerable.Range(0, (int)count).Select(i => (long?)ReadInteger(raw.Span.Slice(i * width, width)))];
        }

        return tensor switch
        {
            { Int64Data.Count: > 0 } when tensor.Int64Data.Count == count => [.. tensor.Int64Data.Select(v => (long?)v)],
            { Int32Data.Count: > 0 } when tensor.Int32Data.Count == count => [.. tensor.Int32Data.Select(v => (long?)v)],
            _ => count == 0 ? [] : null,
        };
    }

    private static long ReadInteger(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        sizeof(long) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        _ => bytes[0],
    };

    private static float[]? Floats(TensorProto tensor, long count)
    {
        if (tensor.HasRawData && tensor.RawData.Length == count * sizeof(float))
        {
            ByteString raw = tensor.RawData;
            return [.. Enumerable.Range(0, (int)count).Select(i => BinaryPrimitives.ReadSingleLittleEndian(raw.Span[(i * sizeof(float))..]))];
        }

        return tensor.FloatData.Count == count ? [.. tensor.FloatData] : null;
    }
}
