using NUnit.Framework;
using Pinion.Onnx;

namespace Pinion.Zoo.Tests;

/// <summary>What every exported file holds.</summary>
[TestFixture]
public sealed class ExportContractTests
{
    private static IEnumerable<string> Names => ZooCatalog.Models.Select(m => m.Name);

    /// <summary>What the ONNX parser of TensorRT 8.0 takes, of what the four families need.</summary>
    private static readonly string[] Operators =
    [
        "Add", "AveragePool", "BatchNormalization", "Concat", "Conv", "Div", "Erf", "Flatten", "Gemm", "GlobalAveragePool", "MatMul", "MaxPool",
        "Mul", "Pad", "Pow", "ReduceMean", "Relu", "Reshape", "Slice", "Softmax", "Split", "Sqrt", "Sub", "Transpose",
    ];

    [TestCaseSource(nameof(Names))]
    public void Every_name_exports_its_network(string name)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        ExportResult result;
        // Streamed, so that not every file waits for the disk.
        using (FileStream file = File.Create(path))
        {
            result = ZooExporter.Export(name, file);
        }

        Assert.That(new FileInfo(path).Length, Is.EqualTo(result.Bytes));

        ModelProto model;
        using (FileStream file = File.OpenRead(path))
        {
            model = OnnxSkeleton.Read(file);
        }

        Assert.That(model.IrVersion, Is.EqualTo(7));
        Assert.That(model.OpsetImport.Select(o => (o.Domain, o.Version)), Is.EqualTo(new[] { ("", 13L) }));
        Assert.That(model.Graph.Name, Is.EqualTo(name));
        Assert.That(model.Graph.Node.Select(n => n.OpType).Distinct(), Is.SubsetOf(Operators));
        Assert.That(model.Graph.Node[^1].OpType, Is.EqualTo("Softmax"));
        AssertWeights(model.Graph, RefNetworks.Outline(ZooCatalog.Get(name).Network).State);

        // The general counter sees the same in the file as in memory.
        OnnxModelReport counts = OnnxModelCounter.Count(path);
        Assert.That(Dims(counts.Inputs.Single()), Is.EqualTo("x float32 N,3,224,224"));
        Assert.That(Dims(counts.Outputs.Single()), Is.EqualTo("probabilities float32 N,1000"));
        Assert.That(counts.Tensors, Is.EqualTo(result.Tensors));
        Assert.That((counts.Parameters, counts.State, counts.Macs), Is.EqualTo((ZooDescription.Of(name).Counts is var d ? (d.Parameters, d.State, d.Macs) : default)));
        Assert.That(counts.Uncounted, Is.Empty);
        Assert.That(counts.Metadata["pinion.zoo.model"], Is.EqualTo(name));
        Assert.That(counts.Metadata["pinion.zoo.weights"], Is.EqualTo("not trained, from seed 0"));
        Assert.That(counts.Metadata["pinion.preprocessing"], Is.EqualTo(ZooCatalog.Get(name).Preprocessing.ToJson()));
        Assert.That(counts.Metadata["pinion.labels"].Split('\n'), Is.EqualTo(ImageNetLabels.Names));
    }

    [Test]
    public void Classes_of_the_zoo_have_their_names()
    {
        Assert.That(ImageNetLabels.Names, Has.Count.EqualTo(1000).And.None.Empty);
        Assert.That(
            new[] { 0, 7, 8, 282, 489, 999 }.Select(i => ImageNetLabels.Names[i]),
            Is.EqualTo(new[] { "tench, Tinca tinca", "cock", "hen", "tiger cat", "chainlink fence", "toilet tissue, toilet paper, bathroom tissue" }));
    }

    [Test]
    public void The_softmax_can_be_left_out_and_the_batch_fixed()
    {
        using var file = new MemoryStream();
        ZooExporter.Export("DPN68", file, new ExportOptions { Softmax = false, Batch = 4 });
        file.Position = 0;
        OnnxModelReport counts = OnnxModelCounter.Count(file);
        Assert.That(Dims(counts.Inputs.Single()), Is.EqualTo("x float32 4,3,224,224"));
        Assert.That(Dims(counts.Outputs.Single()), Is.EqualTo("logits float32 4,1000"));
        Assert.That(counts.Operators, Does.Not.ContainKey("Softmax"));
        Assert.That(counts.Macs.Total, Is.EqualTo(4 * ZooDescription.Of("DPN68").Counts.Macs.Total));
    }

    [TestCase("TNT_small", 75)]
    [TestCase("alt_gvt_small", 48)]
    public void Opset_17_writes_layer_norm_as_one_operator(string name, int norms)
    {
        using var file = new MemoryStream();
        ZooExporter.Export(name, file, new ExportOptions { Opset = 17 });
        file.Position = 0;
        OnnxModelReport counts = OnnxModelCounter.Count(file);
        Assert.That((counts.Opset, counts.IrVersion), Is.EqualTo((17, 8)));
        Assert.That(counts.Operators["LayerNormalization"], Is.EqualTo(norms));
        Assert.That(counts.Operators.Keys, Has.None.AnyOf("Pow", "Sqrt", "Sub"));
    }

    private static GraphProto Graph(string name, int opset = 13) =>
        NetworkTable.Build(name, name, opset, batch: null, softmax: true).Model.Proto.Graph;

    [TestCase("TNT_small")]
    [TestCase("TNT_base")]
    public void Layer_norm_epsilons_of_tnt_are_one(string name)
    {
        IEnumerable<NodeProto> norms = Graph(name, opset: 17).Node.Where(n => n.OpType == "LayerNormalization");
        Assert.That(norms.Select(n => n.Attribute.Single(a => a.Name == "epsilon").F), Is.Not.Empty.And.All.EqualTo(1e-5f));
    }

    [TestCase("DPN68")]
    [TestCase("Res2Net50_26w_4s")]
    [TestCase("Res2Net101_vd_26w_4s")]
    public void Batch_norm_epsilons_are_one(string name)
    {
        IEnumerable<NodeProto> norms = Graph(name).Node.Where(n => n.OpType == "BatchNormalization");
        Assert.That(norms.Select(n => n.Attribute.Single(a => a.Name == "epsilon").F), Is.Not.Empty.And.All.EqualTo(1e-5f));
    }

    /// <summary>Between stages the last branch is pooled 3x3 with padding that does not count; shortcuts of the vd form 2x2 without.</summary>
    [TestCase("Res2Net50_26w_4s", 0)]
    [TestCase("Res2Net50_vd_26w_4s", 3)]
    public void Padding_does_not_count_in_average_pools(string name, int shortcuts)
    {
        ILookup<string, NodeProto> pools = Graph(name).Node.Where(n => n.OpType == "AveragePool").ToLookup(n => Pool(n));
        Assert.That(pools.Select(p => p.Key), Is.SubsetOf(new[] { "3,3 by 2,2 pads 1,1,1,1 counted 0", "2,2 by 2,2 pads 0,0,0,0 counted 0" }));
        Assert.That(pools["3,3 by 2,2 pads 1,1,1,1 counted 0"].Count(), Is.EqualTo(3));
        Assert.That(pools["2,2 by 2,2 pads 0,0,0,0 counted 0"].Count(), Is.EqualTo(shortcuts));
    }

    private static string Pool(NodeProto node)
    {
        string Ints(string name) => string.Join(',', node.Attribute.Single(a => a.Name == name).Ints);
        return $"{Ints("kernel_shape")} by {Ints("strides")} pads {Ints("pads")} counted {node.Attribute.Single(a => a.Name == "count_include_pad").I}";
    }

    [TestCase("alt_gvt_small")]
    [TestCase("pcpvt_small")]
    public void Layer_norm_epsilons_of_twins_are_two(string name)
    {
        foreach (NodeProto node in Graph(name, opset: 17).Node.Where(n => n.OpType == "LayerNormalization"))
        {
            bool behindConvolution = node.Name.StartsWith("patch_embeds", StringComparison.Ordinal) || node.Name.EndsWith("attn.norm", StringComparison.Ordinal);
            Assert.That(node.Attribute.Single(a => a.Name == "epsilon").F, Is.EqualTo(behindConvolution ? 1e-5f : 1e-6f), node.Name);
        }
    }

    [Test]
    public void Options_out_of_range_are_refused()
    {
        void Refused(ExportOptions options, string parameter) => Assert.That(
            () => ZooExporter.Export("DPN68", Stream.Null, options),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(parameter));
        Refused(new ExportOptions { Opset = 12 }, "Opset");
        Refused(new ExportOptions { Opset = 18 }, "Opset");
        Refused(new ExportOptions { Batch = 0 }, "Batch");
        Refused(new ExportOptions { Batch = -1 }, "Batch");
        Refused(new ExportOptions { Batch = 1 << 20 }, "Batch");
    }

    /// <summary>Initializers are the state dict, one-element floats and integers; nothing else.</summary>
    private static void AssertWeights(GraphProto graph, Dictionary<string, int[]> state)
    {
        ILookup<bool, TensorProto> floats = graph.Initializer.Where(t => t.DataType == (int)OnnxType.Float32).ToLookup(t => t.Dims.Count > 0);
        Assert.That(floats[true].Select(t => t.Name), Is.EquivalentTo(state.Keys));
        foreach (TensorProto tensor in floats[true])
        {
            Assert.That(tensor.Dims, Is.EqualTo(state[tensor.Name].Select(d => (long)d)), tensor.Name);
        }

        Assert.That(graph.Initializer.Where(t => t.DataType != (int)OnnxType.Float32).Select(t => t.DataType), Is.All.EqualTo((int)OnnxType.Int64));
        Assert.That(graph.Input, Has.Count.EqualTo(1));
        var used = graph.Node.SelectMany(n => n.Input).ToHashSet();
        Assert.That(graph.Initializer.Select(t => t.Name).Where(n => !used.Contains(n)), Is.Empty, "initializers that no node takes");
    }

    private static string Dims(OnnxTensorInfo info) => $"{info.Name} {info.Type} {string.Join(',', info.Shape!)}";
}
