using System.Runtime.InteropServices;
using System.Text;

namespace Pinion.Benchmarks.Models;

/// <summary>Writes a small ONNX model as protobuf; weights are random, made while they are written, never held as a whole.</summary>
internal sealed class OnnxModel
{
    private const int Float = 1;
    private const int IrVersion = 8;
    private const int Opset = 13;
    private readonly List<Part> _graph = [];

    /// <summary>Some bytes of the graph, and after them this many random floats.</summary>
    private sealed record Part(byte[] Bytes, long Floats = 0, float Scale = 0, ulong Seed = 0)
    {
        public long Length => Bytes.Length + (Floats * sizeof(float));
    }

    public OnnxModel(string name) => _graph.Add(new Part(Fields(f => f.Text(2, name))));

    /// <summary>An input of 32-bit floats.</summary>
    public OnnxModel Input(string name, params ReadOnlySpan<long> shape) => ValueInfo(11, name, shape);

    /// <summary>An output of 32-bit floats.</summary>
    public OnnxModel Output(string name, params ReadOnlySpan<long> shape) => ValueInfo(12, name, shape);

    public OnnxModel Node(string op, string[] inputs, string output, params (string Name, long[] Values)[] attributes)
    {
        byte[] node = Fields(f =>
        {
            foreach (string input in inputs)
            {
                f.Text(1, input);
            }

            f.Text(2, output);
            f.Text(3, output + "_" + op);
            f.Text(4, op);
            foreach (var (name, values) in attributes)
            {
                f.Message(5, a =>
                {
                    a.Text(1, name);
                    foreach (long value in values)
                    {
                        a.Number(8, value);
                    }

                    a.Number(20, 7); // a list of integers
                });
            }
        });
        _graph.Add(new Part(Fields(f => f.Bytes(1, node))));
        return this;
    }

    /// <summary>A weight of random floats, uniform in -scale .. scale.</summary>
    public OnnxModel Weight(string name, float scale, params long[] shape)
    {
        long floats = shape.Aggregate(1L, (a, b) => a * b);
        byte[] head = Fields(f =>
        {
            foreach (long dimension in shape)
            {
                f.Number(1, dimension);
            }

            f.Number(2, Float);
            f.Text(8, name);
            f.Head(9, floats * sizeof(float));
        });
        byte[] tensor = Fields(f => f.Head(5, head.Length + (floats * sizeof(float))));
        _graph.Add(new Part([.. tensor, .. head], floats, scale, (ulong)_graph.Count));
        return this;
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        Write(stream);
        return stream.ToArray();
    }

    public void Save(string path)
    {
        using FileStream stream = File.Create(path, 1 << 20);
        Write(stream);
    }

    private void Write(Stream stream)
    {
        stream.Write(Fields(f =>
        {
            f.Number(1, IrVersion);
            f.Message(8, o =>
            {
                o.Text(1, "");
                o.Number(2, Opset);
            });
            f.Head(7, _graph.Sum(p => p.Length));
        }));
        foreach (Part part in _graph)
        {
            stream.Write(part.Bytes);
            WriteFloats(stream, part);
        }
    }

    private static void WriteFloats(Stream stream, Part part)
    {
        // xorshift64*: quick, and the same on every machine.
        ulong state = 0x9E3779B97F4A7C15 ^ (part.Seed * 0xD1342543DE82EF95);
        var chunk = new float[1 << 16];
        for (long left = part.Floats; left > 0; left -= chunk.Length)
        {
            Span<float> values = chunk.AsSpan(0, (int)Math.Min(left, chunk.Length));
            for (int i = 0; i < values.Length; i++)
            {
                state ^= state >> 12;
                state ^= state << 25;
                state ^= state >> 27;
                values[i] = part.Scale * (((state * 0x2545F4914F6CDD1D) >> 40) / (float)(1 << 23) - 1);
            }

            stream.Write(MemoryMarshal.AsBytes(values));
        }
    }

    private OnnxModel ValueInfo(int field, string name, ReadOnlySpan<long> shape)
    {
        long[] dimensions = shape.ToArray();
        _graph.Add(new Part(Fields(graph => graph.Message(field, value =>
        {
            value.Text(1, name);
            value.Message(2, type => type.Message(1, tensor =>
            {
                tensor.Number(1, Float);
                tensor.Message(2, dims =>
                {
                    foreach (long dimension in dimensions)
                    {
                        dims.Message(1, d =>
                        {
                            // -1 stands for the batch.
                            if (dimension < 0)
                            {
                                d.Text(2, "batch");
                            }
                            else
                            {
                                d.Number(1, dimension);
                            }
                        });
                    }
                });
            }));
        }))));
        return this;
    }

    private static byte[] Fields(Action<Protobuf> write)
    {
        var message = new Protobuf();
        write(message);
        return message.ToArray();
    }

    /// <summary>The few protobuf encodings that ONNX needs.</summary>
    private sealed class Protobuf
    {
        private readonly List<byte> _bytes = [];

        public byte[] ToArray() => [.. _bytes];

        public void Number(int field, long value)
        {
            Varint((ulong)field << 3);
            Varint((ulong)value);
        }

        public void Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

        public void Bytes(int field, byte[] bytes)
        {
            Head(field, bytes.Length);
            _bytes.AddRange(bytes);
        }

        /// <summary>Begins a field whose bytes follow.</summary>
        public void Head(int field, long length)
        {
            Varint(((ulong)field << 3) | 2);
            Varint((ulong)length);
        }

        public void Message(int field, Action<Protobuf> write) => Bytes(field, Fields(write));

        private void Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7)
            {
                _bytes.Add((byte)(value | 0x80));
            }

            _bytes.Add((byte)value);
        }
    }
}
