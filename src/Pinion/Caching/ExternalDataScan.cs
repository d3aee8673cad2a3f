using System.Text;

namespace Pinion;

/// <summary>
/// Just enough protobuf to find the files that an ONNX model keeps its weights in, wherever a tensor may be: weights themselves are skipped, not read. Damaged bytes
/// give what was found before the damage; the parser refuses such a model.
/// </summary>
internal sealed class ExternalDataScan
{
    /// <summary>Protobuf's own limit of messages in messages.</summary>
    private const int MaxDepth = 100;

    private const int MaxTextBytes = 1 << 16;

    private readonly Reader _reader;
    private readonly List<string> _locations = [];

    private ExternalDataScan(Stream stream) => _reader = new Reader(stream);

    private enum Message
    {
        Model,
        Training,
        Graph,
        Function,
        Node,
        Attribute,
        SparseTensor,
        Tensor,
        Entry,
    }

    /// <summary>The locations that tensors name, in the order named, each once.</summary>
    /// <exception cref="IOException">The model cannot be read.</exception>
    internal static IReadOnlyList<string> Find(string path)
    {
        using FileStream stream = FileDigest.Open(path);
        var scan = new ExternalDataScan(stream);
        try
        {
            scan.Scan(Message.Model, stream.Length, MaxDepth);
        }
        catch (InvalidDataException)
        {
        }

        return [.. scan._locations.Distinct(StringComparer.Ordinal)];
    }

    private void Scan(Message message, long end, int depth)
    {
        const int VarintWire = 0, Fixed64Wire = 1, BytesWire = 2, Fixed32Wire = 5;
        string? key = null;
        string? value = null;
        while (_reader.Position < end)
        {
            ulong tag = Varint();
            switch ((int)(tag & 7))
            {
                case VarintWire:
                    Varint();
                    break;
                case Fixed64Wire:
                    _reader.Skip(sizeof(ulong));
                    break;
                case Fixed32Wire:
                    _reader.Skip(sizeof(uint));
                    break;
                case BytesWire:
                    ulong length = Varint();
                    if (length > (ulong)(end - _reader.Position))
                    {
                        throw new InvalidDataException();
                    }

                    int field = (int)Math.Min(tag >> 3, int.MaxValue);
                    if (message == Message.Entry && field is 1 or 2 && length <= MaxTextBytes)
                    {
                        string text = Text((int)length);
                        (key, value) = field == 1 ? (text, value) : (key, text);
                    }
                    else if (Inner(message, field) is { } inner && depth > 0)
                    {
                        Scan(inner, _reader.Position + (long)length, depth - 1);
                    }
                    else
                    {
                        _reader.Skip(length);
                    }

                    break;
                default:
                    throw new InvalidDataException();
            }
        }

        if (key == "location" && !string.IsNullOrEmpty(value) && !value.Contains('\0', StringComparison.Ordinal))
        {
            _locations.Add(value);
        }
    }

    /// <summary>The message in a field that leads to tensors; null for others. The numbers are those of onnx.proto.</summary>
    private static Message? Inner(Message message, int field) => (message, field) switch
    {
        (Message.Model, 7) or (Message.Training, 1 or 2) or (Message.Attribute, 6 or 11) => Message.Graph,
        (Message.Model, 20) => Message.Training,
        (Message.Model, 25) => Message.Function,
        (Message.Graph, 1) or (Message.Function, 7) => Message.Node,
        (Message.Node, 5) or (Message.Function, 11) => Message.Attribute,
        (Message.Graph, 15) or (Message.Attribute, 22 or 23) => Message.SparseTensor,
        (Message.Graph, 5) or (Message.Attribute, 5 or 10) or (Message.SparseTensor, 1 or 2) => Message.Tensor,
        (Message.Tensor, 13) => Message.Entry,
        _ => null,
    };

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = _reader.ReadByte();
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException();
    }

    private string Text(int length)
    {
        byte[] bytes = new byte[length];
        _reader.Read(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private sealed class Reader(Stream stream) : SkippingReader(stream)
    {
        protected override Exception Truncated() => new InvalidDataException();
    }
}
