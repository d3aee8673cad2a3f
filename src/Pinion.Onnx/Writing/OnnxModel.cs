using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Dimension = Pinion.Onnx.TensorShapeProto.Types.Dimension;

namespace Pinion.Onnx;

/// <summary>Fills a part of a weight while a model is written.</summary>
/// <param name="offset">The first element asked for; a weight is read from its first element to its last.</param>
/// <param name="elements">Gets the elements from there on.</param>
public delegate void WeightReader(long offset, Span<float> elements);

/// <summary>
/// An ONNX model that is put together in code and written front to back. All sizes are known from the shapes, so that weights pass
/// through small buffers and a large model never exists in memory. Nothing is checked but what would make the file unreadable;
/// whether the graph makes sense is seen by who loads it. Threads: one at a time.
/// </summary>
public sealed class OnnxModel
{
    /// <summary>Weights are asked for in pieces of this size.</summary>
    internal const int PieceBytes = 256 * 1024;

    /// <summary>What the file beside a model that is too large for one file has behind the model's name.</summary>
    internal const string DataSuffix = ".data";

    private const long DataAlignment = 64;

    /// <summary>IR version 7 came with opset 13, version 8 with opset 15 and later.</summary>
    private const int OpsetOfIr8 = 15;

    private readonly GraphProto _graph;
    private readonly List<StreamedData> _weights = [];

    /// <summary>Begins a model without nodes.</summary>
    /// <param name="name">The graph's name.</param>
    /// <param name="opset">Version of ONNX's operators.</param>
    public OnnxModel(string name = "model", int opset = 13)
    {
        _graph = new GraphProto { Name = name };
        Proto = new ModelProto
        {
            IrVersion = opset >= OpsetOfIr8 ? 8 : 7,
            ProducerName = "pinion",
            Graph = _graph,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = opset } },
        };
    }

    /// <summary>Takes a model to which weights are added; it is the caller's no more.</summary>
    internal OnnxModel(ModelProto model) => (Proto, _graph) = (model, model.Graph);

    /// <summary>The model so far, without what <see cref="Weight(string, ReadOnlySpan{long}, WeightReader)"/> declared. What is changed in it is written.</summary>
    public ModelProto Proto { get; }

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    /// <exception cref="InvalidOperationException">The model is larger than the 2 GiB that an ONNX file can have.</exception>
    public long Length => CheckedSize(out _);

    /// <summary>Declares an input.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="shape">Numbers, and names of open dimensions.</param>
    public OnnxModel Input(string name, OnnxType type, params ReadOnlySpan<Dimension> shape)
    {
        _graph.Input.Add(Value(name, type, shape));
        return this;
    }

    /// <summary>Declares an output.</summary>
    /// <inheritdoc cref="Input"/>
    public OnnxModel Output(string name, OnnxType type, params ReadOnlySpan<Dimension> shape)
    {
        _graph.Output.Add(Value(name, type, shape));
        return this;
    }

    /// <summary>Adds a node. Nodes run in the order in which they are added.</summary>
    /// <param name="operation">The operator.</param>
    /// <param name="inputs">Names of values that exist by then; an empty one stands for an input that is left out.</param>
    /// <param name="outputs">Names of the values that it makes.</param>
    /// <param name="name">The node's name; null for one made of the operator and the node's number.</param>
    /// <param name="domain">The operator's domain; empty for ONNX's own.</param>
    /// <param name="attributes">Its attributes, as <see cref="OnnxAttributes"/> makes them.</param>
    public OnnxModel Node(
        string operation,
        ReadOnlySpan<string> inputs,
        ReadOnlySpan<string> outputs,
        string? name = null,
        string domain = "",
        ReadOnlySpan<AttributeProto> attributes = default)
    {
        var node = new NodeProto
        {
            OpType = operation,
            Name = name ?? string.Create(CultureInfo.InvariantCulture, $"{operation}_{_graph.Node.Count}"),
            Input = { inputs.ToArray() },
            Output = { outputs.ToArray() },
            Attribute = { attributes.ToArray() },
        };
        if (domain.Length > 0)
        {
            node.Domain = domain;
        }

        _graph.Node.Add(node);
        return this;
    }

    /// <summary>Adds a constant of 32-bit floats.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its dimensions; none for a scalar.</param>
    /// <param name="values">Its elements.</param>
    /// <exception cref="ArgumentException">The shape has another number of elements.</exception>
    public OnnxModel Constant(string name, ReadOnlySpan<long> shape, ReadOnlySpan<float> values)
    {
        byte[] raw = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; ++i)
        {
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * sizeof(float)), values[i]);
        }

        return Constant(Tensor(name, OnnxType.Float32, shape), values.Length, raw);
    }

    /// <summary>Adds a constant of 64-bit integers, such as axes or the shape that a Reshape takes.</summary>
    /// <inheritdoc cref="Constant(string, ReadOnlySpan{long}, ReadOnlySpan{float})"/>
    public OnnxModel Constant(string name, ReadOnlySpan<long> shape, ReadOnlySpan<long> values)
    {
        byte[] raw = new byte[values.Length * sizeof(long)];
        for (int i = 0; i < values.Length; ++i)
        {
            BinaryPrimitives.WriteInt64LittleEndian(raw.AsSpan(i * sizeof(long)), values[i]);
        }

        return Constant(Tensor(name, OnnxType.Int64, shape), values.Length, raw);
    }

    /// <summary>Adds a constant of 32-bit floats whose elements lie in a file beside the model; that file is not touched.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its dimensions.</param>
    /// <param name="location">The file's path from the model's folder.</param>
    /// <param name="offset">Bytes in the file before its elements.</param>
    public OnnxModel ExternalConstant(string name, ReadOnlySpan<long> shape, string location, long offset = 0)
    {
        TensorProto tensor = Tensor(name, OnnxType.Float32, shape);
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = (Elements(tensor) * sizeof(float)).ToString(CultureInfo.InvariantCulture) });
        _graph.Initializer.Add(tensor);
        return this;
    }

    /// <summary>Adds a constant of 32-bit floats whose elements are asked for when the model is written, in pieces.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its dimensions.</param>
    /// <param name="read">Gives its elements; called once for each piece of every <see cref="Write"/>.</param>
    public OnnxModel Weight(string name, ReadOnlySpan<long> shape, WeightReader read)
    {
        return Weight(Tensor(name, OnnxType.Float32, shape), (offset, bytes) =>
        {
            Span<float> elements = MemoryMarshal.Cast<byte, float>(bytes);
            read(offset / sizeof(float), elements);
            ToLittleEndian(elements);
        });
    }

    /// <summary>Adds a constant of any type whose data is asked for when the model is written, in pieces.</summary>
    /// <param name="header">Its name, type and shape.</param>
    /// <param name="read">Gets an offset in bytes, and fills the bytes from there on.</param>
    internal OnnxModel Weight(TensorProto header, Action<long, Span<byte>> read)
    {
        _weights.Add(new StreamedData(header, read));
        return this;
    }

    /// <summary>A copy of the model with its weights' names and shapes and without their elements, as <see cref="OnnxSkeleton"/> reads it from the file.</summary>
    public ModelProto Skeleton()
    {
        ModelProto whole = Proto.Clone();
        whole.Graph.Initializer.AddRange(_weights.Select(w => w.Header));
        return whole;
    }

    /// <summary>Writes the model, weights last. The stream need not seek, and stays open.</summary>
    /// <param name="destination">The stream to write to.</param>
    /// <param name="written">Hears after each piece how many bytes are on their way, at last all of them.</param>
    /// <param name="cancellation">Stops the writing, with part of the model written.</param>
    /// <exception cref="InvalidOperationException">The model is larger than the 2 GiB that an ONNX file can have.</exception>
    public void Write(Stream destination, Action<long>? written = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        long length = CheckedSize(out long graphSize);
        long total = 0;
        byte[] pieces = Pieces();
        using var head = new MemoryStream();
        var output = new CodedOutputStream(head, leaveOpen: true);
        using var behind = new WriteBehind(destination, length);

        void Send(Span<byte> bytes)
        {
            behind.Write(bytes);
            total += bytes.Length;
            written?.Invoke(total);
        }

        void Drain()
        {
            output.Flush();
            Send(head.GetBuffer().AsSpan(0, (int)head.Length));
            head.SetLength(0);
        }

        Shell().WriteTo(output);
        output.WriteTag(ModelProto.GraphFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteUInt64((ulong)graphSize);
        _graph.WriteTo(output);
        foreach (StreamedData weight in _weights)
        {
            output.WriteTag(GraphProto.InitializerFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteUInt64((ulong)weight.Size);
            weight.Header.WriteTo(output);
            output.WriteTag(TensorProto.RawDataFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteUInt64((ulong)weight.Bytes);
            Drain();
            weight.ReadAll(pieces, Send, cancellation);
        }

        Drain();
        behind.Finish();
        if (total != length)
        {
            throw new InvalidOperationException($"wrote {total} bytes where {length} were announced");
        }
    }

    /// <summary>Writes the model to a file, which appears whole or not at all.</summary>
    /// <param name="path">The file; an older one of that name is replaced. Its folder must exist.</param>
    /// <returns>The path.</returns>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public string Save(string path)
    {
        AtomicFile.Write(path, Length, stream => Write(stream));
        return path;
    }

    /// <summary>Writes the model to a file, and its weights to one beside it where one file cannot hold them. Both appear whole or not at all.</summary>
    /// <param name="path">The model's file.</param>
    /// <param name="cancellation">Stops the writing; nothing is left behind.</param>
    /// <param name="limit">Bytes that one file holds.</param>
    /// <returns>Bytes written, and the path of the weights' file if there is one.</returns>
    /// <exception cref="IOException">A file cannot be written; the message names it.</exception>
    internal (long Bytes, string? DataFile) SaveAnySize(string path, CancellationToken cancellation, long limit = int.MaxValue)
    {
        if (Size(out _) <= limit)
        {
            AtomicFile.Write(path, Length, stream => Write(stream, written: null, cancellation));
            return (Length, null);
        }

        string dataPath = path + DataSuffix;
        long dataBytes = 0;
        ModelProto model = Proto.Clone();
        foreach (StreamedData weight in _weights)
        {
            TensorProto header = weight.Header.Clone();
            header.DataLocation = TensorProto.Types.DataLocation.External;
            header.ExternalData.Add(OnnxWeightFiles.Entry("location", Path.GetFileName(dataPath)));
            header.ExternalData.Add(OnnxWeightFiles.Entry("offset", dataBytes));
            header.ExternalData.Add(OnnxWeightFiles.Entry("length", weight.Bytes));
            model.Graph.Initializer.Add(header);
            dataBytes += Aligned(weight.Bytes);
        }

        using var data = AtomicFile.Create(dataPath, dataBytes);
        byte[] pieces = Pieces();
        byte[] padding = new byte[DataAlignment];
        foreach (StreamedData weight in _weights)
        {
            weight.ReadAll(pieces, bytes => data.Stream.Write(bytes), cancellation);
            data.Stream.Write(padding, 0, (int)(Aligned(weight.Bytes) - weight.Bytes));
        }

        var shell = new OnnxModel(model);
        using var file = AtomicFile.Create(path, shell.Length);
        shell.Write(file.Stream, written: null, cancellation);
        data.Commit();
        file.Commit();
        return (shell.Length + dataBytes, dataPath);
    }

    /// <summary>The model's bytes, all of them in memory.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream((int)Length);
        Write(stream);
        return stream.ToArray();
    }

    /// <summary>All but the graph.</summary>
    private ModelProto Shell() => new(Proto) { Graph = null };

    private static long Aligned(long bytes) => (bytes + DataAlignment - 1) / DataAlignment * DataAlignment;

    private byte[] Pieces() => new byte[_weights.Select(w => Math.Min(w.Bytes, PieceBytes)).DefaultIfEmpty().Max()];

    private long Size(out long graphSize)
    {
        graphSize = _graph.CalculateSize() + _weights.Sum(w => Prefix(w.Size) + w.Size);
        return Shell().CalculateSize() + Prefix(graphSize) + graphSize;
    }

    private long CheckedSize(out long graphSize)
    {
        long length = Size(out graphSize);
        // Protobuf's own limit.
        return length <= int.MaxValue
            ? length
            : throw new InvalidOperationException($"{_graph.Name} would be {length} bytes; an ONNX file holds at most {int.MaxValue}");
    }

    private OnnxModel Constant(TensorProto tensor, int count, byte[] raw)
    {
        if (Elements(tensor) != count)
        {
            throw new ArgumentException($"constant '{tensor.Name}' of shape [{string.Join(',', tensor.Dims)}] has {Elements(tensor)} elements; {count} are given");
        }

        tensor.RawData = UnsafeByteOperations.UnsafeWrap(raw);
        _graph.Initializer.Add(tensor);
        return this;
    }

    private static TensorProto Tensor(string name, OnnxType type, ReadOnlySpan<long> shape) =>
        new() { Name = name, DataType = (int)type, Dims = { shape.ToArray() } };

    private static long Elements(TensorProto tensor) => tensor.Dims.Aggregate(1L, (product, d) => checked(product * d));

    private static ValueInfoProto Value(string name, OnnxType type, ReadOnlySpan<Dimension> shape) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = new TensorShapeProto { Dim = { shape.ToArray() } } },
        },
    };

    /// <summary>Bytes of a tag and a length. All tags used here, of fields 5, 7 and 9, take one byte.</summary>
    private static long Prefix(long length) => 1 + CodedOutputStream.ComputeUInt64Size((ulong)length);

    private static void ToLittleEndian(Span<float> elements)
    {
        if (!BitConverter.IsLittleEndian)
        {
            Span<int> bits = MemoryMarshal.Cast<float, int>(elements);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
    }

    /// <summary>A weight that joins the file when it is written; the header is its tensor without the elements.</summary>
    private sealed record StreamedData(TensorProto Header, Action<long, Span<byte>> Read)
    {
        public long Bytes { get; } = OnnxWeightFiles.Bytes(Header);

        /// <summary>Bytes of the whole tensor.</summary>
        public long Size => Header.CalculateSize() + Prefix(Bytes) + Bytes;

        public void ReadAll(byte[] pieces, Action<Span<byte>> send, CancellationToken cancellation)
        {
            for (long offset = 0; offset < Bytes; offset += PieceBytes)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<byte> piece = pieces.AsSpan(0, (int)Math.Min(PieceBytes, Bytes - offset));
                Read(offset, piece);
                send(piece);
            }
        }
    }
}
