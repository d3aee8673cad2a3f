using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Pinion.Zoo.Graph;
using Pinion.Zoo.Weights;

namespace Pinion.Zoo.Onnx;

/// <summary>
/// Writes a model front to back: all sizes are known from the shapes, so that each weight passes through small
/// buffers and the file never exists in memory.
/// </summary>
internal sealed class OnnxFileWriter
{
    private const int BufferElements = 64 * 1024;

    private readonly ModelProto _shell;
    private readonly GraphProto _graph;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly TensorProto[] _headers;
    private readonly long _graphSize;

    public OnnxFileWriter(GraphBuilder builder)
    {
        _parameters = builder.Parameters;
        _graph = builder.Model.Graph;
        _shell = builder.Model.Clone();
        _shell.Graph = null;
        _headers = [.. _parameters.Select(p => p.ToTensorHeader())];
        _graphSize = _graph.CalculateSize() + _parameters.Zip(_headers, TensorFieldSize).Sum();
        Length = _shell.CalculateSize() + Prefix(_graphSize) + _graphSize;
        if (Length > int.MaxValue)
        {
            // Protobuf's own limit, far above any network here.
            throw new InvalidOperationException($"{_graph.Name} would be {Length} bytes; an ONNX file holds at most {int.MaxValue}");
        }
    }

    /// <summary>Bytes that <see cref="Write"/> will write.</summary>
    public long Length { get; }

    /// <summary>Writes the file. `written` hears after each piece how many bytes are on their way, at last all of them.</summary>
    public void Write(Stream destination, IWeightSource weights, Action<long> written, CancellationToken cancellation)
    {
        long total = 0;
        var pieces = new byte[BufferElements * sizeof(float)];
        using var head = new MemoryStream();
        var output = new CodedOutputStream(head, leaveOpen: true);
        using var behind = new WriteBehind(destination);

        void Drain()
        {
            output.Flush();
            behind.Write(head.GetBuffer().AsSpan(0, (int)head.Length));
            total += head.Length;
            head.SetLength(0);
            written(total);
        }

        _shell.WriteTo(output);
        output.WriteTag(ModelProto.GraphFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteUInt64((ulong)_graphSize);
        _graph.WriteTo(output);
        for (int i = 0; i < _parameters.Count; ++i)
        {
            var parameter = _parameters[i];
            output.WriteTag(GraphProto.InitializerFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteUInt64((ulong)TensorSize(parameter, _headers[i]));
            _headers[i].WriteTo(output);
            output.WriteTag(TensorProto.RawDataFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteUInt64((ulong)parameter.Bytes);
            Drain();
            for (long offset = 0; offset < parameter.Elements; offset += BufferElements)
            {
                cancellation.ThrowIfCancellationRequested();
                int count = (int)Math.Min(BufferElements, parameter.Elements - offset);
                var bytes = pieces.AsSpan(0, count * sizeof(float));
                var elements = MemoryMarshal.Cast<byte, float>(bytes);
                weights.Read(parameter, offset, elements);
                ToLittleEndian(elements);
                behind.Write(bytes);
                total += bytes.Length;
                written(total);
            }
        }
        Drain();
        behind.Finish();
        if (total != Length)
        {
            throw new InvalidOperationException($"wrote {total} bytes where {Length} were announced");
        }
    }

    private static long TensorSize(Parameter parameter, TensorProto header) =>
        header.CalculateSize() + Prefix(parameter.Bytes) + parameter.Bytes;

    private static long TensorFieldSize(Parameter parameter, TensorProto header)
    {
        long size = TensorSize(parameter, header);
        return Prefix(size) + size;
    }

    /// <summary>Bytes of a tag and a length. All tags used here, of fields 5, 7 and 9, take one byte.</summary>
    private static long Prefix(long length) => 1 + CodedOutputStream.ComputeUInt64Size((ulong)length);

    private static void ToLittleEndian(Span<float> elements)
    {
        if (!BitConverter.IsLittleEndian)
        {
            var bits = MemoryMarshal.Cast<float, int>(elements);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
    }
}
