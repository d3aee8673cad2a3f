using System.Buffers.Binary;
using Google.Protobuf;

namespace Pinion.Differential.Tests;

/// <summary>The types of elements by the short names of the table, and constants of them.</summary>
internal static class Elements
{
    public static readonly IReadOnlyDictionary<string, OnnxType> Types = new Dictionary<string, OnnxType>
    {
        ["f32"] = OnnxType.Float32,
        ["f16"] = OnnxType.Float16,
        ["bf16"] = OnnxType.BFloat16,
        ["f64"] = OnnxType.Float64,
        ["i8"] = OnnxType.Int8,
        ["u8"] = OnnxType.UInt8,
        ["i16"] = OnnxType.Int16,
        ["u16"] = OnnxType.UInt16,
        ["i32"] = OnnxType.Int32,
        ["u32"] = OnnxType.UInt32,
        ["i64"] = OnnxType.Int64,
        ["u64"] = OnnxType.UInt64,
        ["bool"] = OnnxType.Bool,
        ["str"] = OnnxType.String,
        ["c64"] = OnnxType.Complex64,
        ["f8e4m3"] = OnnxType.Float8E4M3,
        ["f8e5m2"] = OnnxType.Float8E5M2,
        ["i4"] = OnnxType.Int4,
        ["u4"] = OnnxType.UInt4,
    };

    /// <summary>A constant; without values, of small ones that are valid as numbers, indices and sizes.</summary>
    public static TensorProto Constant(string name, OnnxType type, IReadOnlyList<long> shape, IReadOnlyList<double>? values = null)
    {
        long count = shape.Aggregate(1L, (product, d) => product * d);
        values ??= [.. Enumerable.Range(0, (int)count).Select(i => IsFloat(type) ? 0.25 + (i * 7 % 11 / 16.0) : type == OnnxType.Bool ? i % 2 : 1)];
        return new TensorProto { Name = name, DataType = (int)type, Dims = { shape }, RawData = ByteString.CopyFrom([.. Bytes(type, values)]) };
    }

    /// <summary>The format keeps texts elsewhere, and they are no part of the messages that Pinion reads.</summary>
    public static bool CanBeConstant(OnnxType type) => type != OnnxType.String;

    private static bool IsFloat(OnnxType type) =>
        type is OnnxType.Float32 or OnnxType.Float16 or OnnxType.BFloat16 or OnnxType.Float64 or OnnxType.Complex64 or OnnxType.Float8E4M3 or OnnxType.Float8E5M2;

    private static IEnumerable<byte> Bytes(OnnxType type, IReadOnlyList<double> values) => type is OnnxType.Int4 or OnnxType.UInt4
        ? values.Chunk(2).Select(pair => (byte)(((int)pair[0] & 15) | (pair.Length > 1 ? ((int)pair[1] & 15) << 4 : 0)))
        : values.SelectMany(v => Bytes(type, v));

    private static byte[] Bytes(OnnxType type, double value)
    {
        byte[] bytes = new byte[16];
        switch (type)
        {
            case OnnxType.Float32 or OnnxType.Complex64:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)value);
                break;
            case OnnxType.Float16:
                BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value);
                break;
            case OnnxType.BFloat16:
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16));
                break;
            case OnnxType.Float64:
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
                break;
            case OnnxType.Float8E4M3:
                // One, or zero.
                bytes[0] = (byte)(value == 0 ? 0 : 0x38);
                break;
            case OnnxType.Float8E5M2:
                bytes[0] = (byte)(value == 0 ? 0 : 0x3C);
                break;
            default:
                BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)value);
                break;
        }

        return bytes[..Size(type)];
    }

    private static int Size(OnnxType type) => type switch
    {
        OnnxType.Int8 or OnnxType.UInt8 or OnnxType.Bool or OnnxType.Float8E4M3 or OnnxType.Float8E5M2 => 1,
        OnnxType.Int16 or OnnxType.UInt16 or OnnxType.Float16 or OnnxType.BFloat16 => 2,
        OnnxType.Int32 or OnnxType.UInt32 or OnnxType.Float32 => 4,
        _ => 8,
    };
}
