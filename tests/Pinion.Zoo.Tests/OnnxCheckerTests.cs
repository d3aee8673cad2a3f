using NUnit.Framework;

namespace Pinion.Zoo.Tests;

/// <summary>ONNX's own checker and its strict shape inference, over every graph at both opsets.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Children)]
public sealed class OnnxCheckerTests
{
    /// <summary>
    /// "whole": the checker reads the file as it is, which takes seconds for 300 MB. Then, and for "light" only so, it sees
    /// the weights turned into inputs, and inference is strict: every value must get a shape, open in the batch only.
    /// </summary>
    private const string Script = """
        import sys, onnx
        path, inference = sys.argv[1:]
        if inference == "whole":
            onnx.checker.check_model(path, full_check=True)
        model = onnx.load(path)
        graph = model.graph
        weights = [t for t in graph.initializer if len(t.raw_data) > 4096]
        for t in weights:
            graph.input.append(onnx.helper.make_tensor_value_info(t.name, t.data_type, t.dims))
            graph.initializer.remove(t)
        onnx.checker.check_model(model, full_check=True)
        model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        shapes = {v.name: v.type.tensor_type.shape for v in list(model.graph.value_info) + list(model.graph.output)}
        for node in model.graph.node:
            for output in node.output:
                assert output in shapes, "no shape for " + output
                for axis, dim in enumerate(shapes[output].dim):
                    assert axis == 0 or dim.dim_value > 0, "open dimension in " + output
        print(len(model.graph.node))
        """;

    private static IEnumerable<TestCaseData> Cases =>
        from network in NetworkTable.Builders.Keys
        from opset in new[] { 13, 17 }
        select new TestCaseData(network, opset);

    [TestCaseSource(nameof(Cases))]
    public void The_graph_passes(string name, int opset)
    {
        var python = Python.Require("onnx");
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        using (FileStream file = File.Create(path))
        {
            ZooExporter.Export(name, file, new ExportOptions { Opset = opset });
        }

        int nodes = int.Parse(python.Run(Script, path, opset == 13 ? "whole" : "light"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(nodes, Is.EqualTo(ZooDescription.Of(name, opset).Counts.Nodes.Count));
    }

    [TestCase("TNT_small")]
    [TestCase("alt_gvt_small")]
    [TestCase("DPN68")]
    public void A_graph_of_fixed_batch_passes(string name)
    {
        var python = Python.Require("onnx");
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        ZooExporter.Export(name, path, new ExportOptions { Batch = 3, Softmax = false });
        Assert.That(python.Run(Script, path, "whole").Trim(), Is.Not.Empty);
    }
}
