using Google.Protobuf;

namespace Pinion.Zoo.Onnx;

/// <summary>
/// Reads an ONNX file without its weights: tensors keep their names, types and shapes, and their data only where it is
/// small enough to be a shape or an axis. Large data is passed over in the file, so memory stays small.
/// </summary>
internal sealed class OnnxSkeleton
{
    private const int SmallPayload = 4096;
    private const int MaxDepth = 40;
    private const int MaxSkeletonBytes = 256 << 20;

    private readonly Reader _file;
    private long _kept;

    private OnnxSkeleton(Stream stream)
    {
        _file = new Reader(stream);
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

    /// <param name="stream">A stream that can seek, at the beginning of the model.</param>
    /// <exception cref="InvalidDataException">The stream does not hold an ONNX model.</exception>
    public static ModelProto Read(Stream stream)
    {
        if (!stream.CanSeek)
        {
            throw new ArgumentException("The stream must be able to seek.", nameof(stream));
        }
        var skeleton = new OnnxSkeleton(stream);
        ModelProto model;
        try
        {
            using var kept = new MemoryStream();
            skeleton.Filter(Message.Model, stream.Length, kept, depth: 0);
            kept.Position = 0;
            model = ModelProto.Parser.WithDiscardUnknownFields(true).ParseFrom(kept);
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

        (Message.Tensor, TensorProto.DimsFieldNumber or TensorProto.DataTypeFieldNumber or TensorProto.NameFieldNumber) => (Field.Keep, default),
        (Message.Tensor, TensorProto.RawDataFieldNumber or TensorProto.FloatDataFieldNumber or TensorProto.Int32DataFieldNumber
            or TensorProto.Int64DataFieldNumber) => (Field.Payload, default),
        _ => (Field.Skip, default),
    };

    /// <summary>Copies what is wanted of a message, which ends at `end`.</summary>
    private void Filter(Message message, long end, MemoryStream kept, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Malformed("graphs are nested too deeply");
        }
        var output = new CodedOutputStream(kept, leaveOpen: true);
        while (_file.Position < end)
        {
            ulong tag = ReadVarint();
            uint number = (uint)(tag >> 3);
            if (tag > uint.MaxValue || number == 0)
            {
                throw Malformed("a field has no number");
            }
            var (field, nested) = Classify(message, number);
            switch ((WireFormat.WireType)(tag & 7))
            {
                case WireFormat.WireType.Varint:
                    ulong value = ReadVarint();
                    if (field != Field.Skip)
                    {
                        output.WriteTag((uint)tag);
                        output.WriteUInt64(value);
                        Account(20);
                    }
                    break;
                case WireFormat.WireType.Fixed64:
                    _file.Skip(8);
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
                    CopyBytes((uint)tag, field, nested, (long)length, output, depth);
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
    }

    private void CopyFixed32(uint tag, Field field, CodedOutputStream output)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        _file.Read(bytes);
        if (field != Field.Skip)
        {
            output.WriteTag(tag);
            output.WriteFixed32(System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            Account(9);
        }
    }

    private void CopyBytes(uint tag, Field field, Message nested, long length, CodedOutputStream output, int depth)
    {
        if (field == Field.Nested)
        {
            using var inner = new MemoryStream();
            Filter(nested, _file.Position + length, inner, depth + 1);
            output.WriteTag(tag);
            output.WriteBytes(ByteString.CopyFrom(inner.GetBuffer(), 0, (int)inner.Length));
        }
        else if (field == Field.Keep || (field == Field.Payload && length <= SmallPayload))
        {
            Account(length + 10);
            var bytes = new byte[length];
            _file.Read(bytes);
            output.WriteTag(tag);
            output.WriteBytes(UnsafeByteOperations.UnsafeWrap(bytes));
        }
        else
        {
            _file.Skip((ulong)length);
        }
    }

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
