using Google.Protobuf;

namespace Pinion.Onnx;

/// <summary>
/// Reads an ONNX file without its weights: tensors keep their names, types and shapes, and their data only where it is
/// small enough to be a shape or an axis. Large data is passed over in the file, so memory stays small.
/// </summary>
public sealed class OnnxSkeleton
{
    private const int SmallPayload = 4096;

    /// <summary>An entry of metadata may name a thousand classes.</summary>
    private const int MostMetadata = 1 << 20;
    private const int MaxDepth = 40;
    private const int MaxSkeletonBytes = 128 << 20;

    /// <summary>What a message and a field take in memory, whatever they take in the file: empty ones take two bytes there.</summary>
    private const int MessageBytes = 256;
    private const int FieldBytes = 32;

    private readonly Reader _file;
    private readonly bool _complete;

    /// <summary>Where the messages of one depth are put together, one after the other.</summary>
    private readonly List<(MemoryStream Kept, CodedOutputStream Output)> _levels = [];
    private long _kept;

    private OnnxSkeleton(Stream stream, bool complete)
    {
        _file = new Reader(stream);
        _complete = complete;
    }

    /// <summary>The messages that can hold tensors, directly or further down.</summary>
    private enum Message
    {
        Model,
        Graph,
        Node,
        Attribute,
        Tensor,
    }

    /// <summary>What to do with a field.</summary>
    private enum Field
    {
        /// <summary>Nobody here asks for it.</summary>
        Skip,
        Keep,

        /// <summary>Keep it if it is small.</summary>
        Payload,
        Nested,
    }

    /// <summary>Reads a file's skeleton.</summary>
    /// <param name="path">The ONNX file. Files with external data are not opened.</param>
    /// <exception cref="InvalidDataException">The file is not an ONNX model; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ModelProto Read(string path) => Read(path, complete: false);

    /// <summary>
    /// Reads all of a file but large weights, so that it can be written again: a tensor whose data stays in the file says where as
    /// external data does, with an empty location. What this library does not know is kept.
    /// </summary>
    /// <inheritdoc cref="Read(string)"/>
    internal static ModelProto ReadComplete(string path) => Read(path, complete: true);

    /// <summary>Reads the skeleton of a model in a stream, from its current position to its end.</summary>
    /// <param name="stream">A stream that can seek; it stays open.</param>
    /// <exception cref="InvalidDataException">The stream does not hold an ONNX model.</exception>
    public static ModelProto Read(Stream stream) => Read(stream, complete: false);

    private static ModelProto Read(string path, bool complete)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            return Read(stream, complete);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}': {e.Message}", e);
        }
    }

    private static ModelProto Read(Stream stream, bool complete)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanSeek)
        {
            throw new ArgumentException("The stream must be able to seek.", nameof(stream));
        }

        var skeleton = new OnnxSkeleton(stream, complete);
        ModelProto model;
        try
        {
            ReadOnlyMemory<byte> kept = skeleton.Filter(Message.Model, stream.Length, depth: 0);
            model = ModelProto.Parser.WithDiscardUnknownFields(!complete).ParseFrom(kept.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"not an ONNX model: {e.Message}", e);
        }

        return model.Graph is { } graph && (graph.Node.Count > 0 || graph.Output.Count > 0)
            ? model
            : throw new InvalidDataException("not an ONNX model: there is no graph in it");
    }

    private static (Field Field, Message Message) Classify(Message message, uint number) => (message, number) switch
    {
        (Message.Model, ModelProto.GraphFieldNumber) => (Field.Nested, Message.Graph),
        (Message.Model, ModelProto.IrVersionFieldNumber or ModelProto.ProducerNameFieldNumber or ModelProto.ProducerVersionFieldNumber
            or ModelProto.OpsetImportFieldNumber) => (Field.Keep, default),
        (Message.Model, ModelProto.MetadataPropsFieldNumber) => (Field.Payload, default),

        (Message.Graph, GraphProto.NodeFieldNumber) => (Field.Nested, Message.Node),
        (Message.Graph, GraphProto.InitializerFieldNumber) => (Field.Nested, Message.Tensor),
        (Message.Graph, GraphProto.NameFieldNumber or GraphProto.InputFieldNumber or GraphProto.OutputFieldNumber
            or GraphProto.ValueInfoFieldNumber) => (Field.Keep, default),

        (Message.Node, NodeProto.AttributeFieldNumber) => (Field.Nested, Message.Attribute),
        (Message.Node, NodeProto.InputFieldNumber or NodeProto.OutputFieldNumber or NodeProto.NameFieldNumber
            or NodeProto.OpTypeFieldNumber or NodeProto.DomainFieldNumber) => (Field.Keep, default),

        (Message.Attribute, AttributeProto.TFieldNumber) => (Field.Nested, Message.Tensor),
        (Message.Attribute, AttributeProto.GFieldNumber or AttributeProto.GraphsFieldNumber) => (Field.Nested, Message.Graph),
        (Message.Attribute, AttributeProto.SFieldNumber or AttributeProto.FloatsFieldNumber or AttributeProto.IntsFieldNumber
            or AttributeProto.StringsFieldNumber) => (Field.Payload, default),
        (Message.Attribute, AttributeProto.NameFieldNumber or AttributeProto.FFieldNumber or AttributeProto.IFieldNumber
            or AttributeProto.TypeFieldNumber) => (Field.Keep, default),

        (Message.Tensor, TensorProto.DimsFieldNumber or TensorProto.DataTypeFieldNumber or TensorProto.NameFieldNumber
            or TensorProto.DataLocationFieldNumber) => (Field.Keep, default),
        (Message.Tensor, TensorProto.RawDataFieldNumber or TensorProto.FloatDataFieldNumber or TensorProto.Int32DataFieldNumber
            or TensorProto.Int64DataFieldNumber or TensorProto.ExternalDataFieldNumber) => (Field.Payload, default),
        _ => (Field.Skip, default),
    };

    /// <summary>What is wanted of a message, which ends at `end`; valid until the next message of that depth.</summary>
    private ReadOnlyMemory<byte> Filter(Message message, long end, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Malformed("graphs are nested too deeply");
        }

        Account(MessageBytes);
        if (depth == _levels.Count)
        {
            var memory = new MemoryStream();
            _levels.Add((memory, new CodedOutputStream(memory, leaveOpen: true)));
        }

        (MemoryStream kept, CodedOutputStream output) = _levels[depth];
        kept.SetLength(0);
        while (_file.Position < end)
        {
            ulong tag = ReadVarint();
            uint number = (uint)(tag >> 3);
            if (tag > uint.MaxValue || number == 0)
            {
                throw Malformed("a field has no number");
            }

            (Field field, Message nested) = Classify(message, number);
            field = field == Field.Skip && _complete ? Field.Keep : field;
            switch ((WireFormat.WireType)(tag & 7))
            {
                case WireFormat.WireType.Varint:
                    ulong value = ReadVarint();
                    if (field != Field.Skip)
                    {
                        output.WriteTag((uint)tag);
                        output.WriteUInt64(value);
                        Account(FieldBytes);
                    }

                    break;
                case WireFormat.WireType.Fixed64:
                    CopyFixed64((uint)tag, field, output);
                    break;
                case WireFormat.WireType.Fixed32:
                    CopyFixed32((uint)tag, field, output);
                    break;
                case WireFormat.WireType.LengthDelimited:
                    ulong length = ReadVarint();
                    if (length > (ulong)Math.Max(0, end - _file.Position))
                    {
                        throw Malformed("a field reaches beyond its message");
                    }

                    CopyBytes(message, (uint)tag, field, nested, (long)length, output, depth);
                    break;
                default:
                    throw Malformed("a field has an unknown wire type");
            }
        }

        if (_file.Position != end)
        {
            throw Malformed("a field reaches beyond its message");
        }

        output.Flush();
        return kept.GetBuffer().AsMemory(0, (int)kept.Length);
    }

    private void CopyFixed32(uint tag, Field field, CodedOutputStream output)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        _file.Read(bytes);
        if (field != Field.Skip)
        {
            output.WriteTag(tag);
            output.WriteFixed32(System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            Account(FieldBytes);
        }
    }

    private void CopyFixed64(uint tag, Field field, CodedOutputStream output)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        _file.Read(bytes);
        if (field != Field.Skip)
        {
            output.WriteTag(tag);
            output.WriteFixed64(System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            Account(FieldBytes);
        }
    }

    private void CopyBytes(Message message, uint tag, Field field, Message nested, long length, CodedOutputStream output, int depth)
    {
        if (field == Field.Nested)
        {
            ReadOnlyMemory<byte> inner = Filter(nested, _file.Position + length, depth + 1);
            output.WriteTag(tag);
            output.WriteBytes(UnsafeByteOperations.UnsafeWrap(inner));
        }
        else if (_complete && length > SmallPayload && (message, tag >> 3) is (Message.Tensor, TensorProto.RawDataFieldNumber or TensorProto.FloatDataFieldNumber))
        {
            // Packed floats are the bytes that raw data has.
            new TensorProto
            {
                DataLocation = TensorProto.Types.DataLocation.External,
                ExternalData = { OnnxWeightFiles.Entry("location", ""), OnnxWeightFiles.Entry("offset", _file.Position), OnnxWeightFiles.Entry("length", length) },
            }.WriteTo(output);
            Account(MessageBytes);
            _file.Skip((ulong)length);
        }
        else if (field == Field.Keep || (field == Field.Payload && (_complete || length <= (message == Message.Model ? MostMetadata : SmallPayload))))
        {
            Account(Cost(message, tag >> 3, length));
            byte[] bytes = new byte[length];
            _file.Read(bytes);
            output.WriteTag(tag);
            output.WriteBytes(UnsafeByteOperations.UnsafeWrap(bytes));
        }
        else
        {
            _file.Skip((ulong)length);
        }
    }

    /// <summary>What a field of `length` bytes takes at most once it is parsed.</summary>
    private static long Cost(Message message, uint number, long length) => (message, number) switch
    {
        // Messages that are kept whole; inside them two bytes can be an object.
        (Message.Graph, not GraphProto.NameFieldNumber) or (Message.Model, ModelProto.OpsetImportFieldNumber or ModelProto.MetadataPropsFieldNumber)
            or (Message.Tensor, TensorProto.ExternalDataFieldNumber) => MessageBytes + (FieldBytes / 2 * length),

        // Numbers of one byte that become eight.
        (Message.Tensor, TensorProto.DimsFieldNumber or TensorProto.Int32DataFieldNumber or TensorProto.Int64DataFieldNumber)
            or (Message.Attribute, AttributeProto.IntsFieldNumber) => FieldBytes + (sizeof(long) * length),
        _ => FieldBytes + length,
    };

    private void Account(long bytes)
    {
        _kept += bytes;
        if (_kept > MaxSkeletonBytes)
        {
            throw new InvalidDataException($"the graph without its weights is larger than {MaxSkeletonBytes >> 20} MiB");
        }
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = _file.ReadByte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Malformed("a number is longer than 64 bits");
    }

    private InvalidDataException Malformed(string reason) => new($"not an ONNX model: {reason} (at byte {_file.Position})");

    private sealed class Reader(Stream stream) : SkippingReader(stream)
    {
        protected override Exception Truncated() => new InvalidDataException("not an ONNX model: the file is cut off");
    }
}
