using System.Runtime.InteropServices;
using System.Text;

namespace Pinion.Tests.Support;

/// <summary>Writes small ONNX models as protobuf bytes, so that tests need no files and no exporter.</summary>
internal sealed class OnnxModel(int opset = 13)
{
    private readonly List<byte[]> _nodes = [];
    private readonly List<byte[]> _inputs = [];
    private readonly List<byte[]> _outputs = [];
    private readonly List<byte[]> _initializers = [];

    /// <param name="name">The tensor's name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="dimensions">Numbers, or names of dynamic dimensions.</param>
    public OnnxModel Input(string name, OnnxType type, params object[] dimensions)
    {
        _inputs.Add(ValueInfo(name, type, dimensions));
        return this;
    }

    /// <inheritdoc cref="Input"/>
    public OnnxModel Output(string name, OnnxType type, params object[] dimensions)
    {
        _outputs.Add(ValueInfo(name, type, dimensions));
        return this;
    }

    /// <param name="operation">The operator.</param>
    /// <param name="inputs">Names, separated by spaces.</param>
    /// <param name="outputs">Names, separated by spaces.</param>
    /// <param name="domain">Empty for ONNX's own operators.</param>
    /// <param name="attributes">Integers only.</param>
    public OnnxModel Node(string operation, string inputs, string outputs, string domain = "", params (string Name, long Value)[] attributes)
    {
        var node = new Message();
        foreach (string input in inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            node.Text(1, input);
        }

        foreach (string output in outputs.Split(' '))
        {
            node.Text(2, output);
        }

        node.Text(3, $"node_{_nodes.Count}_{operation}").Text(4, operation);
        foreach ((string name, long value) in attributes)
        {
            node.Bytes(5, new Message().Text(1, name).Number(3, value).Number(20, 2).ToArray());
        }

        _nodes.Add(node.Text(7, domain).ToArray());
        return this;
    }

    public OnnxModel Constant(string name, long[] dimensions, float[] values)
    {
        Message tensor = Tensor(name, dimensions, OnnxType.Float32);
        _initializers.Add(tensor.Bytes(9, MemoryMarshal.AsBytes(values.AsSpan())).ToArray());
        return this;
    }

    /// <summary>A constant whose values lie in a file beside the model.</summary>
    public OnnxModel ExternalConstant(string name, long[] dimensions, string file)
    {
        long bytes = dimensions.Aggregate(1L, (product, d) => product * d) * sizeof(float);
        Message tensor = Tensor(name, dimensions, OnnxType.Float32);
        foreach ((string key, string value) in new[] { ("location", file), ("offset", "0"), ("length", $"{bytes}") })
        {
            tensor.Bytes(13, new Message().Text(1, key).Text(2, value).ToArray());
        }

        _initializers.Add(tensor.Number(14, 1).ToArray());
        return this;
    }

    public byte[] ToBytes()
    {
        var graph = new Message();
        graph.All(1, _nodes).Text(2, "test").All(5, _initializers).All(11, _inputs).All(12, _outputs);
        return new Message()
            .Number(1, 8)
            .Text(2, "Pinion.Tests")
            .Bytes(7, graph.ToArray())
            .Bytes(8, new Message().Text(1, "").Number(2, opset).ToArray())
            .ToArray();
    }

    public string Save(string path)
    {
        File.WriteAllBytes(path, ToBytes());
        return path;
    }

    private static Message Tensor(string name, long[] dimensions, OnnxType type)
    {
        var tensor = new Message();
        foreach (long dimension in dimensions)
        {
            tensor.Number(1, dimension);
        }

        return tensor.Number(2, (long)type).Text(8, name);
    }

    private static byte[] ValueInfo(string name, OnnxType type, object[] dimensions)
    {
        var shape = new Message();
        foreach (object dimension in dimensions)
        {
            var message = new Message();
            shape.Bytes(1, (dimension is string symbol ? message.Text(2, symbol) : message.Number(1, Convert.ToInt64(dimension, null))).ToArray());
        }

        byte[] tensor = new Message().Number(1, (long)type).Bytes(2, shape.ToArray()).ToArray();
        return new Message().Text(1, name).Bytes(2, new Message().Bytes(1, tensor).ToArray()).ToArray();
    }

    /// <summary>A protobuf message being written: fields by number, integers as varints, everything else by length.</summary>
    private sealed class Message
    {
        private readonly List<byte> _bytes = [];

        public Message Number(int field, long value)
        {
            Varint((ulong)field << 3);
            Varint((ulong)value);
            return this;
        }

        public Message Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

        public Message Bytes(int field, ReadOnlySpan<byte> bytes)
        {
            Varint(((ulong)field << 3) | 2);
            Varint((ulong)bytes.Length);
            _bytes.AddRange(bytes);
            return this;
        }

        public Message All(int field, IEnumerable<byte[]> messages)
        {
            foreach (byte[] message in messages)
            {
                Bytes(field, message);
            }

            return this;
        }

        public byte[] ToArray() => [.. _bytes];

        private void Varint(ulong value)
        {
            for (; value > 127; value >>= 7)
            {
                _bytes.Add((byte)(value | 128));
            }

            _bytes.Add((byte)value);
        }
    }
}
