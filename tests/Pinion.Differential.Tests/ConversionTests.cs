using System.Globalization;
using Google.Protobuf;

namespace Pinion.Differential.Tests;

/// <summary>Every operator that the host SDK can run is converted to FP16 and run.</summary>
public sealed class ConversionTests
{
    private const long OpenSize = 4;
    private const double Tolerance = 0.02;
    private const int AtLeastOperators = 90;

    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [OneTimeSetUp]
    public void Silence() => PinionRuntime.SetLog((_, _) => { });

    [Test]
    public void Every_operator_computes_the_same_in_FP16()
    {
        var wrong = new List<string>();
        var converted = new HashSet<string>();
        foreach (Operator operation in OperatorTable.Operators)
        {
            // In training a Dropout draws random numbers.
            foreach (Example example in operation.Examples.Where(e => e.IsValid && (operation.Name, e.Name) != ("Dropout", "training")))
            {
                foreach (int opset in operation.Opsets.Where(o => o >= example.First && o <= example.Last))
                {
                    ModelProto model = example.ToModel(operation.Name, opset, operation.Exchanged);
                    Close(model);
                    if (Outcome($"{operation.Name} {example.Name} at opset {opset}", model, converted) is { } problem)
                    {
                        wrong.Add(problem);
                    }
                }
            }
        }

        Assert.That(wrong, Is.Empty, () => string.Join('\n', wrong));
        Assert.That(converted, Has.Count.GreaterThanOrEqualTo(AtLeastOperators), () => string.Join(' ', converted.Order()));
        TestContext.Out.WriteLine($"{converted.Count} operators in FP16");
    }

    [Test]
    public void Graphs_of_several_nodes_and_bodies_do()
    {
        var converted = new HashSet<string>();
        var wrong = new List<string>();
        int half = 0;
        foreach (Case c in Graphs.All.Where(c => c.IsValid == true))
        {
            ModelProto model = ModelProto.Parser.ParseFrom(c.Write());
            Close(model);
            converted.Clear();
            if (Outcome(c.Name, model, converted) is { } problem)
            {
                wrong.Add(problem);
            }

            half += converted.Count > 0 ? 1 : 0;
        }

        Assert.That(wrong, Is.Empty, () => string.Join('\n', wrong));
        TestContext.Out.WriteLine($"{half} graphs with FP16 nodes");
    }

    /// <summary>What is wrong with the converted model; null also where the host cannot run the model itself.</summary>
    private string? Outcome(string name, ModelProto model, HashSet<string> converted)
    {
        string plain = _folder["plain.onnx"];
        string half = _folder["half.onnx"];
        File.WriteAllBytes(plain, model.ToByteArray());
        double[][] expected;
        try
        {
            expected = Run(plain, model);
        }
        catch (PinionException)
        {
            return null;
        }

        Fp16Report report;
        double[][] got;
        try
        {
            report = Fp16Converter.Convert(plain, half);
            got = Run(half, model);
        }
        catch (Exception e) when (e is PinionException or InvalidDataException or InvalidOperationException or NullReferenceException or ArgumentException or InvalidCastException)
        {
            return $"{name}: {e.GetType().Name}: {e.Message}";
        }

        converted.UnionWith(report.Decisions.Where(d => d.Precision == NodePrecision.Fp16).Select(d => d.Operator));
        for (int i = 0; i < expected.Length; i++)
        {
            double scale = Math.Max(1, expected[i].Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max());
            for (int e = 0; e < expected[i].Length; e++)
            {
                if (e >= got[i].Length || (!expected[i][e].Equals(got[i][e]) && !(Math.Abs(expected[i][e] - got[i][e]) <= Tolerance * scale)))
                {
                    return string.Create(CultureInfo.InvariantCulture, $"{name}: output {i}[{e}] is {(e < got[i].Length ? got[i][e] : double.NaN)} instead of {expected[i][e]}");
                }
            }
        }

        return null;
    }

    /// <summary>Gives open dimensions a size.</summary>
    private static void Close(ModelProto model)
    {
        foreach (ValueInfoProto input in model.Graph.Input)
        {
            foreach (TensorShapeProto.Types.Dimension dimension in (IEnumerable<TensorShapeProto.Types.Dimension>?)input.Type.TensorType.Shape?.Dim ?? [])
            {
                if (!dimension.HasDimValue)
                {
                    dimension.DimValue = Axis.RangeOf(dimension.DimParam)?.Smallest ?? OpenSize;
                }
            }
        }
    }

    private static double[][] Run(string path, ModelProto model)
    {
        using Plan plan = EngineBuilder.Build(path);
        using var engine = Engine.Load(plan);
        using Session session = engine.CreateSession();
        foreach (TensorInfo input in session.Inputs)
        {
            Fill(session, input);
        }

        session.Run();
        return [.. model.Graph.Output.Select(o => Read(session, session.Outputs.Single(t => t.Name == o.Name)))];
    }

    private static void Fill(Session session, TensorInfo input)
    {
        switch (input.DataType)
        {
            case TensorDataType.Float32:
                Span<float> floats = session.Input<float>(input.Name);
                for (int i = 0; i < floats.Length; i++)
                {
                    // Exact in FP16 and all different for small tensors: nothing ties, nothing rounds at the start.
                    floats[i] = (((i * 37) + 11) % 64 / 32f) - 0.75f;
                }

                break;
            case TensorDataType.Float16:
                session.Input<Half>(input.Name).Fill((Half)0.5f);
                break;
            case TensorDataType.Int32:
                session.Input<int>(input.Name).Fill(1);
                break;
            case TensorDataType.Int64:
                session.Input<long>(input.Name).Fill(1);
                break;
            case TensorDataType.Bool:
                session.Input<bool>(input.Name).Fill(true);
                break;
            default:
                break;
        }
    }

    private static double[] Read(Session session, TensorInfo output) => output.DataType switch
    {
        TensorDataType.Float32 => [.. session.Output<float>(output.Name).ToArray().Select(v => (double)v)],
        TensorDataType.Float16 => [.. session.Output<Half>(output.Name).ToArray().Select(v => (double)v)],
        TensorDataType.Int32 => [.. session.Output<int>(output.Name).ToArray().Select(v => (double)v)],
        TensorDataType.Int64 => [.. session.Output<long>(output.Name).ToArray().Select(v => (double)v)],
        TensorDataType.Bool => [.. session.Output<bool>(output.Name).ToArray().Select(v => v ? 1.0 : 0)],
        TensorDataType.UInt8 => [.. session.Output<byte>(output.Name).ToArray().Select(v => (double)v)],
        TensorDataType.Int8 => [.. session.Output<sbyte>(output.Name).ToArray().Select(v => (double)v)],
        _ => [],
    };
}
