using Google.Protobuf;
using Google.Protobuf.Collections;
using NUnit.Framework;
using Pinion.Onnx;

namespace Pinion.Zoo.Tests;

/// <summary>What the seeded weights make of images, in the deepest network of each family.</summary>
[TestFixture]
public sealed class ActivationTests
{
    /// <summary>Half precision ends at 65504; sums of squares inside norms need room below that.</summary>
    private const double LargestSane = 1000;

    /// <summary>Half precision loses digits below 6e-5.</summary>
    private const double SmallestSane = 1e-3;

    [TestCase("pcpvt_large")]
    [TestCase("alt_gvt_large")]
    [TestCase("Res2Net200_vd_26w_4s")]
    [TestCase("Res2Net50_14w_8s")]
    [TestCase("TNT_base")]
    [TestCase("DPN131")]
    [TestCase("DPN68")]
    public void Every_value_stays_within_half_precision(string name)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        ZooExporter.Export(name, path, Exports.Logits);
        RepeatedField<NodeProto> nodes = NetworkTable.Build(name, name, opset: 13, batch: null, softmax: false).Model.Proto.Graph.Node;
        string[] names = [.. nodes.SelectMany(n => n.Output).Where(o => o != "logits")];
        AddOutputs(path, names);

        using var model = new OrtModel(path, optimize: false);
        OrtTensor[] values = model.Run("x", new OrtTensor([1, 3, 224, 224], Exports.Images(1)), names);

        (double largest, double smallest) = (0.0, double.MaxValue);
        for (int i = 0; i < names.Length; ++i)
        {
            double peak = values[i].Data.Max(v => Math.Abs((double)v));
            double rms = Math.Sqrt(values[i].Data.Average(v => (double)v * v));
            Assert.That(double.IsFinite(rms) && peak < LargestSane, Is.True, $"{names[i]} reaches {peak}");
            // The mean that a layer norm takes off may be near nothing.
            if (names[i].EndsWith("/ReduceMean", StringComparison.Ordinal))
            {
                continue;
            }

            Assert.That(rms, Is.GreaterThan(SmallestSane), names[i]);
            largest = Math.Max(largest, peak);
            smallest = Math.Min(smallest, rms);
        }

        TestContext.Out.WriteLine($"{name}: {names.Length} values, largest {largest:G4}, smallest root mean square {smallest:G4}");
    }

    /// <summary>A wrong epsilon must move the logits by far more than rounding does.</summary>
    [TestCase("pcpvt_small", 1e-6f, 1e-5f)]
    [TestCase("pcpvt_small", 1e-5f, 1e-6f)]
    [TestCase("alt_gvt_small", 1e-6f, 1e-5f)]
    [TestCase("alt_gvt_small", 1e-5f, 1e-6f)]
    [TestCase("TNT_small", 1e-5f, 1e-6f)]
    [TestCase("Res2Net50_26w_4s", 1e-5f, 1e-3f)]
    [TestCase("Res2Net50_26w_4s", 1e-5f, 1e-6f)]
    [TestCase("DPN68", 1e-5f, 1e-3f)]
    [TestCase("DPN68", 1e-5f, 1e-6f)]
    public void A_wrong_epsilon_shows(string name, float right, float wrong)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        ZooExporter.Export(name, path, Exports.Logits with { Opset = 17 });
        var image = new OrtTensor([1, 3, 224, 224], Exports.Images(1));
        float[] expected = Run(path, image);

        ModelProto changed = Exports.Load(path);
        int epsilons = 0;
        foreach (AttributeProto attribute in changed.Graph.Node.SelectMany(n => n.Attribute).Where(a => a.Name == "epsilon" && a.F == right))
        {
            attribute.F = wrong;
            ++epsilons;
        }

        using (FileStream stream = File.Create(path))
        {
            changed.WriteTo(stream);
        }

        double moved = Run(path, image).Zip(expected, (a, e) => Math.Abs(a - e)).Max() / expected.Max(Math.Abs);
        TestContext.Out.WriteLine($"{name}: {epsilons} epsilons of {right} as {wrong} move the logits by {moved:E2}");
        Assert.That(epsilons, Is.GreaterThan(0));
        Assert.That(moved, Is.GreaterThan(1e-4));
    }

    private static float[] Run(string path, OrtTensor image)
    {
        using var model = new OrtModel(path);
        return model.Run("x", image, "logits").Data;
    }

    /// <summary>Protobuf merges what follows into the message before it, so outputs can be added at the end of the file.</summary>
    internal static void AddOutputs(string path, IEnumerable<string> names)
    {
        var addition = new ModelProto { Graph = new GraphProto() };
        addition.Graph.Output.AddRange(names.Select(n => new ValueInfoProto
        {
            Name = n,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxType.Float32 } },
        }));
        using var stream = new FileStream(path, FileMode.Append);
        addition.WriteTo(stream);
    }
}
