using System.Runtime.InteropServices;
using System.Text.Json;

namespace Pinion.Serving;

/// <summary>The elements of an output as JSON numbers, or true and false.</summary>
internal static class JsonValues
{
    /// <summary>Writes a part of the elements.</summary>
    public static void Write(Utf8JsonWriter writer, TensorDataType type, ReadOnlySpan<byte> bytes)
    {
        switch (type)
        {
            case TensorDataType.Float32:
                foreach (float value in MemoryMarshal.Cast<byte, float>(bytes))
                {
                    writer.WriteNumberValue(value);
                }

                break;
            case TensorDataType.Int32:
                foreach (int value in MemoryMarshal.Cast<byte, int>(bytes))
                {
                    writer.WriteNumberValue(value);
                }

                break;
            case TensorDataType.Int64:
                foreach (long value in MemoryMarshal.Cast<byte, long>(bytes))
                {
                    writer.WriteNumberValue(value);
                }

                break;
            case TensorDataType.Int8:
                foreach (sbyte value in MemoryMarshal.Cast<byte, sbyte>(bytes))
                {
                    writer.WriteNumberValue(value);
                }

                break;
            case TensorDataType.Bool:
                foreach (byte value in bytes)
                {
                    writer.WriteBooleanValue(value != 0);
                }

                break;
            default:
                foreach (byte value in bytes)
                {
                    writer.WriteNumberValue(value);
                }

                break;
        }
    }

    /// <summary>The place of the first element that is no JSON number; -1 if all are.</summary>
    public static int FirstNotFinite(TensorDataType type, ReadOnlySpan<byte> bytes)
    {
        if (type != TensorDataType.Float32)
        {
            return -1;
        }

        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(bytes);
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
