using System.Globalization;
using Google.Protobuf;

namespace Pinion.Differential.Tests;

/// <summary>Every operator that the host SDK can run is converted to FP16 and run.</summary>
public sealed class ConversionTests
{
    private const long OpenSize = 4;
    private const double Tolerance = 0.02;
    private const int AtLeastOperators = 90;
    private const int AtLeastSmallModels = 80;

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

    [Test]
    public void Small_models_stay_FP32_where_they_must()
    {
        const string Write = """
            import onnx.parser, re, sys
            def leave_out(graph):
                for node in graph.node:
                    for names in (node.input, node.output):
                        names[:] = ["" if n == "_" else n for n in names]
                    for attribute in node.attribute:
                        leave_out(attribute.g)
            for name, opset, graph in re.findall(r"^= (\S+) (\d+).*\n((?:(?!= ).*\n?)*)", open(sys.argv[1]).read(), re.M):
                try:
                    model = onnx.parser.parse_model(f'<ir_version: {7 if int(opset) < 15 else 8}, opset_import: ["" : {opset}]> {name.replace("-", "_")} ' + graph)
                    leave_out(model.graph)
                    onnx.checker.check_model(model, full_check=True)
                except Exception as e:
                    sys.exit(f"{name}: {e}")
                onnx.save(model, f"{sys.argv[2]}/{name}.onnx")
            """;
        const string Check = """
            import onnx, sys
            for path in sys.argv[1:]:
                try:
                    onnx.checker.check_model(path, full_check=True)
                    onnx.shape_inference.infer_shapes(onnx.load(path), check_type=True, strict_mode=True)
                except Exception as e:
                    print(path, str(e).replace("\n", " "))
            """;
        var python = Python.Require("onnx");
        python.Run(Write, SmallModel.Source, _folder.Path);
        var wrong = new List<string>();
        var paths = new List<string>();
        int run = 0;
        foreach (SmallModel model in SmallModel.All)
        {
            string path = _folder[$"{model}.onnx"];
            ModelProto proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
            string[] operators = [];
            try
            {
                Fp16Report report = Fp16Converter.Convert(path, _folder["report.onnx"]);
                string[] kept = [.. report.Decisions.Where(d => d.Precision == NodePrecision.Fp32).Select(d => d.Node.Split('\'')[^2]).Order()];
                if (!kept.SequenceEqual(model.Fp32.Order()))
                {
                    wrong.Add($"{model}: FP32 are {string.Join(' ', kept)} instead of {string.Join(' ', model.Fp32.Order())}");
                }

                operators = [.. report.Decisions.Where(d => d.Precision == NodePrecision.Fp16).Select(d => d.Operator).Distinct()];
                foreach (Fp16Options options in operators.Select(o => new Fp16Options { Exclude = [o] }).Append(new Fp16Options { HalfInputsAndOutputs = true }).Append(new Fp16Options()))
                {
                    paths.Add(_folder[$"{model}_{paths.Count}.onnx"]);
                    Fp16Converter.Convert(path, paths[^1], options);
                }
            }
            catch (Exception e) when (e is InvalidDataException or InvalidOperationException or NullReferenceException or ArgumentException or InvalidCastException)
            {
                wrong.Add($"{model}: {e.GetType().Name}: {e.Message}");
            }

            var converted = new HashSet<string>();
            wrong.AddRange(operators.Select(o => Outcome($"{model} without {o}", proto, [], new Fp16Options { Exclude = [o] })).Append(Outcome(model.Name, proto, converted)).OfType<string>());
            run += converted.Count > 0 ? 1 : 0;
        }

        wrong.AddRange(python.Run(Check, [.. paths]).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.That(wrong, Is.Empty, () => string.Join('\n', wrong));
        Assert.That(run, Is.GreaterThanOrEqualTo(AtLeastSmallModels), "models that the host runs and that have FP16 nodes");
        TestContext.Out.WriteLine($"{SmallModel.All.Count} models, {SmallModel.All.Count(m => m.Fp32.Count > 0)} of them with FP32 nodes; {run} run with FP16 nodes");
    }

    /// <summary>What is wrong with the converted model; null also where the host cannot run the model itself.</summary>
    private string? Outcome(string name, ModelProto model, HashSet<string> converted, Fp16Options? options = null)
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
            report = Fp16Converter.Convert(plain, half, options);
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
