using Google.Protobuf;
using Pinion.TestSupport;
using static Pinion.Onnx.OnnxAttributes;

namespace Pinion.Onnx.Tests;

public sealed class CounterTests
{
    [Test]
    public void A_strided_dilated_grouped_convolution_is_counted()
    {
        GraphProto graph = Graph([1, 4, 20, 20]);
        graph.Initializer.Add(Weight("w", 6, 2, 3, 3));
        graph.Initializer.Add(Weight("b", 6));
        graph.Node.Add(Node("Conv", ["x", "w", "b"], "y", Ints("strides", 2, 1), Ints("pads", 1, 2, 0, 1), Ints("dilations", 2, 1), Int("group", 2)));
        OnnxModelReport report = Count(graph);
        // Rows: (20 + 1 - 5) / 2 + 1 = 9; columns: 20 + 3 - 3 + 1 = 21.
        Assert.That(report.Nodes[0].OutputShape, Is.EqualTo(new long[] { 1, 6, 9, 21 }));
        Assert.That(report.Macs, Is.EqualTo(new OnnxMacs(6 * 9 * 21 * 2 * 9, 0, 0)));
        Assert.That((report.Parameters, report.Tensors, report.Layers.GroupedConvolutions), Is.EqualTo(((6 * 2 * 9) + 6, 2, 1)));
    }

    [Test]
    public void A_transposed_convolution_is_counted_from_its_input()
    {
        GraphProto graph = Graph([1, 8, 5, 5]);
        graph.Initializer.Add(Weight("w", 8, 3, 4, 4));
        graph.Node.Add(Node("ConvTranspose", ["x", "w"], "y", Ints("strides", 2, 2), Ints("pads", 1, 1, 1, 1)));
        OnnxModelReport report = Count(graph);
        Assert.That(report.Nodes[0].OutputShape, Is.EqualTo(new long[] { 1, 3, 10, 10 }));
        Assert.That(report.Macs.Conv, Is.EqualTo(8 * 25 * 3 * 16));
    }

    [Test]
    public void A_product_with_a_constant_is_linear_and_one_of_two_values_attention()
    {
        GraphProto graph = Graph([2, 7, 16]);
        graph.Initializer.Add(Weight("w", 32, 16));
        graph.Node.Add(Node("Transpose", ["w"], "wt"));
        graph.Node.Add(Node("MatMul", ["x", "wt"], "h"));
        graph.Node.Add(Node("Transpose", ["h"], "ht", Ints("perm", 0, 2, 1)));
        graph.Node.Add(Node("MatMul", ["h", "ht"], "y"));
        OnnxModelReport report = Count(graph);
        Assert.That(report.Macs, Is.EqualTo(new OnnxMacs(0, 2 * 7 * 16 * 32, 2 * 7 * 7 * 32)));
        Assert.That(report.Layers.Linears, Is.EqualTo(1));
    }

    [Test]
    public void Gemm_and_einsum_and_lstm_are_counted()
    {
        GraphProto graph = Graph([5, 3, 10]);
        graph.Initializer.Add(Weight("w", 1, 4 * 6, 10));
        graph.Initializer.Add(Weight("r", 1, 4 * 6, 6));
        graph.Initializer.Add(Weight("g", 9, 6));
        graph.Initializer.Add(Weight("e", 10, 2));
        graph.Node.Add(Node("LSTM", ["x", "w", "r"], "all", Int("hidden_size", 6)));
        graph.Node.Add(Node("Flatten", ["all"], "flat", Int("axis", 3)));
        graph.Node.Add(Node("Gemm", ["flat", "g"], "gemm", Int("transB", 1)));
        graph.Node.Add(Node("Einsum", ["x", "e"], "sum", Text("equation", "abc,cd->abd")));
        OnnxModelReport report = Count(graph);
        Assert.That(report.Nodes.Select(n => n.Macs.Linear), Is.EqualTo(new long[] { 5 * 3 * 4 * 6 * 16, 0, 15 * 6 * 9, 5 * 3 * 10 * 2 }));
        Assert.That(report.Nodes[2].OutputShape, Is.EqualTo(new long[] { 15, 9 }));
        Assert.That(report.Nodes[3].OutputShape, Is.EqualTo(new long[] { 5, 3, 2 }));
        Assert.That(report.Uncounted, Is.Empty);
    }

    /// <summary>The way PyTorch's exporter flattens: Shape, Gather, Unsqueeze, Concat, Reshape.</summary>
    [Test]
    public void Shapes_that_the_graph_computes_are_followed()
    {
        GraphProto graph = Graph([3, 8, 4, 4]);
        graph.Initializer.Add(Weight("w", 128, 5));
        graph.Initializer.Add(Integers("zero", [], 0));
        graph.Initializer.Add(Integers("axes", [1], 0));
        graph.Initializer.Add(Integers("rest", [1], -1));
        graph.Node.Add(Node("Shape", ["x"], "shape"));
        graph.Node.Add(Node("Gather", ["shape", "zero"], "batch"));
        graph.Node.Add(Node("Unsqueeze", ["batch", "axes"], "vector"));
        graph.Node.Add(Node("Concat", ["vector", "rest"], "target", Int("axis", 0)));
        graph.Node.Add(Node("Reshape", ["x", "target"], "flat"));
        graph.Node.Add(Node("MatMul", ["flat", "w"], "y"));
        OnnxModelReport report = Count(graph);
        Assert.That(report.Nodes[^1].OutputShape, Is.EqualTo(new long[] { 3, 5 }));
        Assert.That(report.Macs.Linear, Is.EqualTo(3 * 128 * 5));
    }

    [Test]
    public void Weights_that_nodes_share_count_once_and_constants_do_not_count()
    {
        GraphProto graph = Graph([1, 4]);
        graph.Initializer.Add(Weight("w", 4, 4));
        graph.Initializer.Add(Weight("half"));
        graph.Initializer.Add(Weight("unused", 100));
        graph.Node.Add(Node("MatMul", ["x", "w"], "a"));
        graph.Node.Add(Node("MatMul", ["a", "w"], "b"));
        graph.Node.Add(Node("Mul", ["b", "half"], "y"));
        OnnxModelReport report = Count(graph);
        Assert.That((report.Parameters, report.Tensors), Is.EqualTo((16L, 1)));
        Assert.That(report.Nodes.Select(n => n.Parameters), Is.EqualTo(new long[] { 16, 0, 0 }));
    }

    [Test]
    public void What_is_not_known_is_listed_and_not_guessed()
    {
        GraphProto graph = Graph([1, 4, 4]);
        graph.Initializer.Add(Weight("w", 4, 8));
        graph.Node.Add(Node("SomethingOfTheirs", ["x"], "a"));
        graph.Node.Add(Node("MatMul", ["a", "w"], "y"));
        NodeProto branch = Node("If", ["x"], "z");
        branch.Attribute.Add(new AttributeProto { Name = "then_branch", G = new GraphProto(), Type = AttributeProto.Types.AttributeType.Graph });
        graph.Node.Add(branch);
        OnnxModelReport report = Count(graph);
        Assert.That(report.Macs.Total, Is.Zero);
        Assert.That(report.Uncounted.Select(u => u.Operator), Is.EqualTo(new[] { "MatMul", "If" }));
        Assert.That(report.Nodes[0].OutputShape, Is.Null);
    }

    [Test]
    public void Open_dimensions_take_the_batch_and_the_shapes_given()
    {
        GraphProto graph = Graph([0, 4, 0]);
        graph.Initializer.Add(Weight("w", 4, 4, 3));
        graph.Node.Add(Node("Conv", ["x", "w"], "y"));
        Assert.That(Count(graph).Uncounted, Has.Count.EqualTo(1));
        OnnxShapeOptions With(params long[] shape) => new() { InputShapes = new Dictionary<string, IReadOnlyList<long>> { ["x"] = shape } };
        Assert.That(Count(graph, With(2, 4, 10)).Macs.Conv, Is.EqualTo(2 * 8 * 4 * 4 * 3));
        Assert.That(() => Count(graph, With(2, 5, 10)), Throws.ArgumentException.With.Message.Contains("[?,4,?]").And.Message.Contains("[2,5,10]"));
        Assert.That(() => Count(graph, With(2, 4)), Throws.ArgumentException);
        Assert.That(
            () => Count(graph, new OnnxShapeOptions { InputShapes = new Dictionary<string, IReadOnlyList<long>> { ["images"] = [1] } }),
            Throws.ArgumentException.With.Message.Contains("'images'").And.Message.Contains("it has: x"));
        Assert.That(() => Count(graph, new OnnxShapeOptions { Batch = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Large_weights_are_not_read()
    {
        using var folder = new TemporaryFolder();
        string path = folder["model.onnx"];
        OnnxModel large = new OnnxModel().Input("x", OnnxType.Float32, 1, 8192).Output("y", OnnxType.Float32, 1, 8192);
        large.Weight("w", [8192, 8192], (_, elements) => elements.Clear()).Node("MatMul", ["x", "w"], ["y"]);
        using (FileStream file = File.Create(path))
        {
            large.Write(file);
        }

        OnnxModelCounter.Count(path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        OnnxModelCounter.Count(path);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(32 << 20));
    }

    [Test]
    public void What_is_no_model_is_an_error_that_names_the_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder["broken.onnx"];
        void Refused(byte[] content)
        {
            File.WriteAllBytes(path, content);
            Assert.That(() => OnnxModelCounter.Count(path), Throws.TypeOf<InvalidDataException>().With.Message.Contains(path).And.Message.Contains("not an ONNX model"));
        }

        Refused([]);
        Refused("this is text"u8.ToArray());
        Refused([0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]);
        Refused([.. Enumerable.Repeat((byte)0xFF, 100)]);
        Assert.That(() => OnnxModelCounter.Count(folder["none.onnx"]), Throws.InstanceOf<IOException>().With.Message.Contains("none.onnx"));
    }

    /// <summary>Graphs within attributes within nodes within graphs.</summary>
    [Test]
    public void Deep_nesting_is_refused()
    {
        byte[] graph = [];
        for (int level = 0; level < 5000; ++level)
        {
            graph = Field(1, Field(5, Field(6, graph)));
        }

        using var stream = new MemoryStream(Field(7, graph));
        Assert.That(() => OnnxModelCounter.Count(stream), Throws.TypeOf<InvalidDataException>().With.Message.Contains("nested too deeply"));
    }

    /// <summary>Two bytes each in the file, an object each in memory.</summary>
    [TestCase(1, TestName = "Empty_nodes_in_bulk_are_refused")]
    [TestCase(5, TestName = "Empty_initializers_in_bulk_are_refused")]
    [TestCase(11, TestName = "Empty_inputs_in_bulk_are_refused")]
    public void Empty_messages_in_bulk_are_refused(int field)
    {
        byte[] content = [.. Enumerable.Range(0, 8_000_000).Select(i => i % 2 == 0 ? (byte)((field << 3) | 2) : (byte)0)];
        AssertRefusedCheaply(Field(7, content));
    }

    [Test]
    public void Empty_attributes_in_bulk_are_refused() =>
        AssertRefusedCheaply(Field(7, Field(1, [.. Enumerable.Range(0, 4_000_000).Select(i => i % 2 == 0 ? (byte)0x2A : (byte)0)])));

    /// <summary>One byte each in the file, eight in memory.</summary>
    [Test]
    public void Dimensions_in_bulk_are_refused() =>
        AssertRefusedCheaply(Field(7, Field(5, Field(1, [.. Enumerable.Repeat((byte)1, 20_000_000)]))));

    private static void AssertRefusedCheaply(byte[] model)
    {
        using var stream = new MemoryStream(model);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => OnnxModelCounter.Count(stream), Throws.TypeOf<InvalidDataException>().With.Message.Contains("larger than 128 MiB"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(400 << 20), "all that is ever allocated, not what is alive at once");
    }

    [Test]
    public void Every_truncation_and_changed_byte_is_survived()
    {
        GraphProto graph = Graph([0, 4, 10]);
        graph.Initializer.Add(Weight("w", 4, 4, 3));
        graph.Initializer.Add(Integers("target", [2], 0, -1));
        graph.Node.Add(Node("Conv", ["x", "w"], "c", Ints("pads", 1, 1)));
        graph.Node.Add(Node("Reshape", ["c", "target"], "y"));
        byte[] good = Model(graph).ToByteArray();
        for (int at = 0; at < good.Length; ++at)
        {
            Survive(good[..at]);
            foreach (byte value in new byte[] { 0, 1, 0x7F, 0x80, 0xFF, (byte)(good[at] ^ 1), (byte)(good[at] + 8) })
            {
                byte[] changed = [.. good];
                changed[at] = value;
                Survive(changed);
            }
        }

        static void Survive(byte[] bytes)
        {
            using var stream = new MemoryStream(bytes);
            try
            {
                OnnxModelCounter.Count(stream);
            }
            catch (InvalidDataException)
            {
                // As it should be.
            }
        }
    }

    private static OnnxModelReport Count(GraphProto graph, OnnxShapeOptions? options = null)
    {
        using var stream = new MemoryStream(Model(graph).ToByteArray());
        return OnnxModelCounter.Count(stream, options);
    }

    private static ModelProto Model(GraphProto graph) =>
        new() { IrVersion = 7, Graph = graph, OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 13 } } };

    /// <summary>A graph with one input, x; zero stands for an open dimension.</summary>
    private static GraphProto Graph(int[] input)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(input.Select(d => d == 0 ? new TensorShapeProto.Types.Dimension() : (TensorShapeProto.Types.Dimension)d));
        return new GraphProto
        {
            Input =
            {
                new ValueInfoProto
                {
                    Name = "x",
                    Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxType.Float32, Shape = shape } },
                },
            },
        };
    }

    private static TensorProto Weight(string name, params int[] shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)OnnxType.Float32 };
        tensor.Dims.AddRange(shape.Select(d => (long)d));
        tensor.RawData = ByteString.CopyFrom(new byte[sizeof(float) * shape.Aggregate(1, (a, b) => a * b)]);
        return tensor;
    }

    private static TensorProto Integers(string name, int[] shape, params long[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)OnnxType.Int64 };
        tensor.Dims.AddRange(shape.Select(d => (long)d));
        tensor.Int64Data.AddRange(values);
        return tensor;
    }

    private static NodeProto Node(string type, string[] inputs, string output, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = type, Output = { output } };
        node.Input.AddRange(inputs);
        node.Attribute.AddRange(attributes);
        return node;
    }

    /// <summary>A length-delimited protobuf field.</summary>
    private static byte[] Field(int number, byte[] content)
    {
        using var stream = new MemoryStream();
        var output = new CodedOutputStream(stream);
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(content));
        output.Flush();
        return stream.ToArray();
    }
}
