using System.Buffers.Binary;
using System.Text.Json;

namespace Pinion.Serving;

/// <summary>
/// Takes the "data" of an input from the JSON, value by value, nested or flat, straight into the request's memory. Where the
/// data comes before the type, the values' text is kept there until the type is known.
/// Owner: the parser, who disposes it unless the memory has been taken.
/// </summary>
internal sealed class JsonTensor : IDisposable
{
    private const int FirstBytes = 4096;
    private readonly RequestMemory _memory;
    private readonly InputTensor _input;
    private readonly long[] _counts = new long[TensorShape.MaxRank + 1];
    private readonly long[] _dimensions = new long[TensorShape.MaxRank + 1];
    private readonly TensorDataType? _type;
    private readonly int _elementBytes;
    private readonly long _expected;
    private RentedMemory? _lease;
    private int _depth;
    private int _leafDepth;
    private int _bytes;
    private long _elements;

    /// <summary>The type and the shape are used if the input has been checked; else only text is collected.</summary>
    public JsonTensor(InputTensor input, RequestMemory memory, int firstBytes)
    {
        _input = input;
        _memory = memory;
        _dimensions.AsSpan().Fill(-1);
        if (input.Info is { } info)
        {
            _type = info.DataType;
            _expected = input.Shape!.Value.ElementCount;
            _ = Datatypes.TryGetBytes(info.DataType, out _elementBytes);
            int whole = InputCheck.Bytes(input);
            RequireJsonForm(input, info);
            _lease = memory.Rent(Math.Max(1, Math.Min(whole, Math.Max(firstBytes, FirstBytes))));
        }
        else
        {
            _lease = memory.Rent(FirstBytes);
        }
    }

    private string Name => _input.Name is null ? "an input" : $"input {ClientText.Quote(_input.Name)}";

    /// <summary>Takes one token; true when it was the last.</summary>
    /// <exception cref="ServingException">A value of another type, or out of its range, or too many, or arrays of different lengths.</exception>
    public bool Take(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                Open();
                return false;
            case JsonTokenType.EndArray:
                return Close();
            case JsonTokenType.Number:
            case JsonTokenType.True:
            case JsonTokenType.False:
                Value(ref reader);
                return false;
            default:
                throw Bad($"holds a {Word(reader.TokenType)}, where only numbers, true or false can be");
        }
    }

    /// <summary>The memory, after the last token; if only text was collected, it is converted now.</summary>
    public RentedMemory Finish()
    {
        if (_type is null)
        {
            RequireCount(_input.Shape!.Value.ElementCount);
            using var typed = new JsonTensor(_input, _memory, int.MaxValue);
            var reader = new Utf8JsonReader(_lease!.Span[.._bytes], new JsonReaderOptions { AllowTrailingCommas = true });
            while (reader.Read())
            {
                typed.Take(ref reader);
            }

            CheckNesting();
            return typed.TakeMemory();
        }

        CheckNesting();
        return TakeMemory();
    }

    public void Dispose()
    {
        _lease?.Dispose();
        _lease = null;
    }

    private static void RequireJsonForm(InputTensor input, TensorInfo info)
    {
        if (!Datatypes.HasJsonForm(info.DataType))
        {
            throw ServingException.Bad(
                $"Input {ClientText.Quote(input.Name!)} is {input.Datatype}, which JSON has no form for: send it as binary data, with \"binary_data_size\".");
        }
    }

    private static string Word(JsonTokenType token) => token switch
    {
        JsonTokenType.String => "string",
        JsonTokenType.Null => "null",
        JsonTokenType.StartObject => "object",
        _ => token.ToString(),
    };

    private ServingException Bad(string what) => ServingException.Bad($"The data of {Name} {what}.");

    private RentedMemory TakeMemory()
    {
        RequireCount(_expected);
        RentedMemory lease = _lease!;
        _lease = null;
        return lease;
    }

    private void RequireCount(long expected)
    {
        if (_elements != expected)
        {
            throw Bad($"has {_elements} values; shape {InputCheck.Dimensions(_input.Shape!.Value)} has {expected}");
        }
    }

    private void Open()
    {
        if (_leafDepth > 0 && _depth >= _leafDepth)
        {
            throw Bad("has arrays beside values");
        }

        if (_depth == TensorShape.MaxRank)
        {
            throw Bad($"is nested deeper than {TensorShape.MaxRank} arrays, the largest rank");
        }

        _counts[_depth]++;
        _counts[++_depth] = 0;
        if (_type is null && _depth == 1)
        {
            Text("["u8);
        }
    }

    private bool Close()
    {
        ref long dimension = ref _dimensions[_depth];
        if (dimension >= 0 && dimension != _counts[_depth])
        {
            throw Bad($"has arrays of {dimension} and of {_counts[_depth]} elements at the same depth");
        }

        dimension = _counts[_depth];
        if (--_depth > 0)
        {
            return false;
        }

        if (_type is null)
        {
            Text("]"u8);
        }

        return true;
    }

    private void Value(ref Utf8JsonReader reader)
    {
        if (_leafDepth == 0 && _depth < TensorShape.MaxRank && _dimensions[_depth + 1] >= 0)
        {
            throw Bad("has arrays beside values");
        }

        if (_leafDepth != _depth)
        {
            _leafDepth = _leafDepth == 0 ? _depth : throw Bad("has values at different depths");
        }

        _counts[_depth]++;
        _elements++;
        if (_type is null)
        {
            Reserve((reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length) + 1);
            Span<byte> text = _lease!.Span[_bytes..];
            _bytes += reader.HasValueSequence ? Copy(ref reader, text) : Copy(reader.ValueSpan, text);
            _lease.Span[_bytes++] = (byte)',';
            return;
        }

        if (_elements > _expected)
        {
            throw Bad($"has more values than the {_expected} of shape {InputCheck.Dimensions(_input.Shape!.Value)}");
        }

        Reserve(_elementBytes);
        Write(ref reader, _lease!.Span[_bytes..]);
        _bytes += _elementBytes;
    }

    private static int Copy(ref Utf8JsonReader reader, Span<byte> text)
    {
        int length = 0;
        foreach (ReadOnlyMemory<byte> part in reader.ValueSequence)
        {
            length += Copy(part.Span, text[length..]);
        }

        return length;
    }

    private static int Copy(ReadOnlySpan<byte> value, Span<byte> text)
    {
        value.CopyTo(text);
        return value.Length;
    }

    private void Write(ref Utf8JsonReader reader, Span<byte> to)
    {
        bool isNumber = reader.TokenType == JsonTokenType.Number;
        bool fits = false;
        switch (_type!.Value)
        {
            case TensorDataType.Float32:
                float single = 0;
                fits = isNumber && reader.TryGetSingle(out single) && float.IsFinite(single);
                BinaryPrimitives.WriteSingleLittleEndian(to, single);
                break;
            case TensorDataType.Int32:
                int int32 = 0;
                fits = isNumber && reader.TryGetInt32(out int32);
                BinaryPrimitives.WriteInt32LittleEndian(to, int32);
                break;
            case TensorDataType.Int64:
                long int64 = 0;
                fits = isNumber && reader.TryGetInt64(out int64);
                BinaryPrimitives.WriteInt64LittleEndian(to, int64);
                break;
            case TensorDataType.Int8:
                sbyte int8 = 0;
                fits = isNumber && reader.TryGetSByte(out int8);
                to[0] = (byte)int8;
                break;
            case TensorDataType.UInt8:
                fits = isNumber && reader.TryGetByte(out to[0]);
                break;
            case TensorDataType.Bool:
                byte bit = 0;
                fits = !isNumber || (reader.TryGetByte(out bit) && bit <= 1);
                to[0] = isNumber ? bit : (byte)(reader.TokenType == JsonTokenType.True ? 1 : 0);
                break;
        }

        if (!fits)
        {
            throw Bad($"has a value at place {_elements - 1} that is no {_input.Datatype}, or out of its range");
        }
    }

    private void Text(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_lease!.Span[_bytes..]);
        _bytes += text.Length;
    }

    /// <summary>Doubles the memory where it is short; with a type, never beyond the tensor's size.</summary>
    private void Reserve(int more)
    {
        RentedMemory old = _lease!;
        if (_bytes + (long)more <= old.Length)
        {
            return;
        }

        long most = _type is null ? Array.MaxLength : Math.Max(_expected * _elementBytes, 1);
        RentedMemory larger = _memory.Rent((int)Math.Min(most, Math.Max(old.Length * 2L, _bytes + (long)more)));
        old.Span[.._bytes].CopyTo(larger.Span);
        _lease = larger;
        old.Dispose();
    }

    private void CheckNesting()
    {
        TensorShape shape = _input.Shape!.Value;
        if (_leafDepth <= 1)
        {
            return;
        }

        bool fits = _leafDepth == shape.Rank;
        for (int i = 0; fits && i < shape.Rank; i++)
        {
            fits = _dimensions[i + 1] == shape[i];
        }

        if (!fits)
        {
            throw Bad($"is nested as [{string.Join(',', _dimensions.AsSpan(1, _leafDepth).ToArray())}]; its shape is {InputCheck.Dimensions(shape)}");
        }
    }
}
