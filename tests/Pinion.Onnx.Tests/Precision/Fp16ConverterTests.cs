using System.Runtime.InteropServices;
using Google.Protobuf;
using Pinion.TestSupport;

namespace Pinion.Onnx.Tests;

public sealed class Fp16ConverterTests
{
    private readonly TemporaryFolder _folder = new();
    private int _files;

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [TestCaseSource(typeof(Fp16Models), nameof(Fp16Models.All))]
    public void Inputs_and_outputs_stay(KeyValuePair<string, ModelProto> model)
    {
        (ModelProto converted, _) = Convert(model.Value);
        Assert.That(Inputs(converted.Graph), Is.EqualTo(Inputs(model.Value.Graph)));
        Assert.That(converted.Graph.Output, Is.EqualTo(model.Value.Graph.Output));

        static (string Name, int Type)[] Inputs(GraphProto graph) =>
            [.. graph.Input.Where(i => graph.Initializer.All(weight => weight.Name != i.Name)).Select(i => (i.Name, i.Type.TensorType.ElemType))];
    }

    [Test]
    public void The_checker_of_ONNX_finds_every_type_right()
    {
        const string Script = """
            import glob, onnx, os, sys
            for path in sorted(glob.glob(sys.argv[1] + "/checked_*.onnx")):
                try:
                    onnx.checker.check_model(path, full_check=True)
                    onnx.shape_inference.infer_shapes(onnx.load(path), check_type=True, strict_mode=True)
                except Exception as e:
                    print(os.path.basename(path), str(e).replace("\n", " ")[:300])
            """;
        var python = Python.Require("onnx");
        foreach ((string name, ModelProto model) in Fp16Models.All)
        {
            foreach (bool halfIo in new[] { false, true })
            {
                string path = Save(model);
                Fp16Converter.Convert(path, _folder[$"checked_{name}_{halfIo}.onnx"], new Fp16Options { HalfInputsAndOutputs = halfIo });
            }
        }

        Assert.That(python.Run(Script, _folder.Path).Trim(), Is.Empty);
    }

    [Test]
    public void A_chain_gets_a_cast_at_each_end()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Chain);
        Assert.That(converted.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "Cast", "MatMul", "Add", "Relu", "Cast" }));
        Assert.That(report, Is.EqualTo(report with { Casts = 2, RemovedCasts = 0, Weights = 2 }));
        Assert.That(report.Decisions.Select(d => d.Precision), Is.All.EqualTo(NodePrecision.Fp16));
        Assert.That(report.Bytes, Is.EqualTo(new FileInfo(_folder[$"out{_files}.onnx"]).Length));

        (ModelProto half, Fp16Report without) = Convert(Fp16Models.Chain, new Fp16Options { HalfInputsAndOutputs = true });
        Assert.That(without.Casts, Is.Zero);
        Assert.That(half.Graph.Input.Concat(half.Graph.Output).Select(i => i.Type.TensorType.ElemType), Is.All.EqualTo((int)OnnxType.Float16));
    }

    [Test]
    public void Weights_are_rounded_to_the_nearest_even_with_their_signs_and_subnormals()
    {
        float[] corners = [0, -0f, 1 + (1f / 2048), 1 + (3f / 2048), 65504, 65519.99f, -65519.99f, 6.1e-5f, 5.96e-8f, -5.96e-8f, 3e-8f, 2.9e-8f, -2.9e-8f, float.PositiveInfinity, float.NegativeInfinity, float.NaN];
        // More than one piece, so that streamed and vectorized paths are taken.
        float[] values = [.. Enumerable.Range(0, 200_000).Select(i => i < corners.Length ? corners[i] : BitConverter.UInt32BitsToSingle((uint)i * 7919))];
        values = [.. values.Select(v => Math.Abs(v) >= 65520 && float.IsFinite(v) ? v % 60000 : v)];
        ModelProto model = Fp16Models.Finish(new OnnxModel("w").Input("x", OnnxType.Float32, values.Length).Output("y", OnnxType.Float32, values.Length)
            .Constant("w", [values.Length], values).Constant("s", [corners.Length], corners).Node("Add", ["x", "w"], ["y"]).Node("Neg", ["s"], ["z"]).Output("z", OnnxType.Float32, corners.Length));
        (ModelProto converted, _) = Convert(model, new Fp16Options { Exclude = ["Neg"] });
        TensorProto weight = converted.Graph.Initializer.Single(i => i.Name == "w");
        Assert.That((OnnxType)weight.DataType, Is.EqualTo(OnnxType.Float16));
        Assert.That(
            MemoryMarshal.Cast<byte, ushort>(weight.RawData.Span).ToArray(), Is.EqualTo(values.Select(v => BitConverter.HalfToUInt16Bits((Half)v)).ToArray()));
    }

    [Test]
    public void A_constant_is_converted_once_and_kept_where_FP32_wants_it()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Shared);
        Assert.That(
            converted.Graph.Initializer.Select(i => (i.Name, (OnnxType)i.DataType)),
            Is.EquivalentTo(new[] { ("w", OnnxType.Float32), ("w_fp16", OnnxType.Float16), ("one", OnnxType.Float32) }));
        Assert.That(Reason(report, "Range_2"), Is.EqualTo("Range has no FP16 form at this opset"));
    }

    [Test]
    public void What_is_written_beside_the_graph_stays()
    {
        ModelProto model = Fp16Models.ConstantNodes.Clone();
        model.MetadataProps.Add(new StringStringEntryProto { Key = "key", Value = "metadata" });
        // Fields that this library does not read: doc_string of each message.
        (IMessage Message, byte Field, string Text)[] documented = [
            (model, 6, "of the model"), (model.Graph, 10, "of the graph"), (model.Graph.Node[0], 6, "of a Constant"), (model.Graph.Node[0].Attribute[0].T, 12, "of a tensor"),
            (model.Graph.Node[1].Attribute[0].T, 12, "of a large tensor"), (model.Graph.Node[4], 6, "of a Mul"), (model.Graph.Input[0], 3, "of an input")];
        foreach ((IMessage message, byte field, string text) in documented)
        {
            message.MergeFrom([(byte)((field << 3) | 2), (byte)text.Length, .. System.Text.Encoding.ASCII.GetBytes(text)]);
        }

        Fp16Converter.Convert(Save(model), _folder["kept.onnx"]);
        string kept = File.ReadAllText(_folder["kept.onnx"], System.Text.Encoding.Latin1);
        Assert.That(documented.Select(d => d.Text).Append("metadata").Where(text => !kept.Contains(text, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void An_initializer_that_is_an_output_stays_as_it_is()
    {
        (ModelProto converted, _) = Convert(Fp16Models.InitializerAsOutput);
        Assert.That(converted.Graph.Initializer.Select(i => (i.Name, i.DataType)), Is.EquivalentTo(new[] { ("w", (int)OnnxType.Float32), ("w_fp16", (int)OnnxType.Float16) }));
    }

    [Test]
    public void Names_never_collide()
    {
        (ModelProto converted, _) = Convert(Fp16Models.Collisions);
        string[] values = [.. converted.Graph.Initializer.Select(i => i.Name), .. converted.Graph.Input.Select(i => i.Name), .. converted.Graph.Node.SelectMany(n => n.Output)];
        Assert.That(values, Is.Unique);
        Assert.That(converted.Graph.Node.Select(n => n.Name), Is.Unique);
    }

    [Test]
    public void Constant_nodes_of_every_form_are_converted_and_large_ones_stream()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.ConstantNodes);
        Assert.That(report.Weights, Is.EqualTo(4));
        Assert.That(converted.Graph.Node.Where(n => n.OpType == "Constant").Select(n => n.Attribute.Single().T.DataType), Is.EqualTo(Enumerable.Repeat((int)OnnxType.Float16, 3)));
        Assert.That(converted.Graph.Initializer.Select(i => (i.Name, i.DataType)), Is.EqualTo(new[] { ("large", (int)OnnxType.Float16) }));
    }

    [Test]
    public void Branches_are_converted_with_what_they_read()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Branches);
        Assert.That(report.Decisions.Where(d => d.Precision != NodePrecision.Fp16).Select(d => d.Operator), Is.EqualTo(new[] { "Greater" }));
        NodeProto branch = converted.Graph.Node.Single(n => n.OpType == "If");
        Assert.That(branch.Attribute.SelectMany(a => a.G.Node).Select(n => n.OpType), Does.Not.Contain("Cast"));
        Assert.That(branch.Attribute.Select(a => a.G.Output.Single().Type.TensorType.ElemType), Is.All.EqualTo((int)OnnxType.Float16));
        Assert.That(converted.Graph.Initializer.Select(i => i.Name), Does.Contain("v_2"), "the large constant of the branch");
        Assert.That(Convert(Fp16Models.Branches, new Fp16Options { Exclude = ["branch/product"] }).Report.Decisions.Single(d => d.Node == "branch/product").Precision, Is.EqualTo(NodePrecision.Fp32));
    }

    [Test]
    public void A_Loops_states_have_one_type_and_a_counter_stays_exact()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Loop);
        GraphProto body = converted.Graph.Node.Single(n => n.OpType == "Loop").Attribute.Single().G;
        Assert.That(body.Input.Skip(2).Select(i => i.Type.TensorType.ElemType), Is.EqualTo(new[] { (int)OnnxType.Float16, (int)OnnxType.Float32 }));
        Assert.That(body.Output.Skip(1).Select(i => i.Type.TensorType.ElemType), Is.EqualTo(new[] { (int)OnnxType.Float16, (int)OnnxType.Float32, (int)OnnxType.Float16 }));
        Assert.That(Reason(report, "loop/tick"), Does.StartWith("computed from whole numbers alone"));

        (converted, report) = Convert(Fp16Models.Loop, new Fp16Options { Exclude = ["loop/step"] });
        body = converted.Graph.Node.Single(n => n.OpType == "Loop").Attribute.Single().G;
        Assert.That(body.Input[2].Type.TensorType.ElemType, Is.EqualTo((int)OnnxType.Float32), "a state that is computed in FP32 is kept in FP32");
    }

    [Test]
    public void A_body_may_leave_its_types_out()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.UntypedBody);
        Assert.That(report.Decisions.Single(d => d.Node == "loop/step").Precision, Is.EqualTo(NodePrecision.Fp16));
        Assert.That(converted.Graph.Node.Count(n => n.OpType == "Cast"), Is.EqualTo(2));
    }

    [Test]
    public void A_value_of_a_body_never_hides_one_that_is_read_there()
    {
        (ModelProto converted, _) = Convert(Fp16Models.Shadows);
        GraphProto body = converted.Graph.Node.Single(n => n.OpType == "Loop").Attribute.Single().G;
        Assert.That(body.Node.Single(n => n.Name == "step").Input, Is.EqualTo(new[] { "r_2", "r" }));
        Assert.That(body.Input[2].Name, Is.EqualTo("r_2"));
    }

    [Test]
    public void A_Scan_of_opset_8_stays_FP32()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.OldScan);
        Assert.That(Reason(report, "scan/step"), Is.EqualTo("the graphs inside of Scan stay FP32"));
        Assert.That(converted.Graph.Node.Single(n => n.OpType == "Scan").Input, Is.EqualTo(new[] { "", "r_fp32", "x" }));
    }

    [Test]
    public void What_an_unknown_operator_gives_out_of_a_body_keeps_its_type()
    {
        ModelProto model = Fp16Models.Finish(Fp16Models.Start().Input("c", OnnxType.Bool).Constant("times", [], [3L]).Node("Relu", ["x"], ["r"], "relu")
            .Node("If", ["c"], ["z"], "branch", attributes: [Fp16Models.Body("then_branch", Mystery("t", "r")), Fp16Models.Body("else_branch", Fp16Models.Graph("else", [], ["e"], Fp16Models.Node("Neg", ["r"], ["e"], "neg")))])
            .Node("Loop", ["times", "", "r"], ["y"], "loop", attributes: [Fp16Models.Body("body", Mystery("next", "s"))]));
        GraphProto body = model.Graph.Node.Single(n => n.OpType == "Loop").Attribute.Single().G;
        body.Input.AddRange(new[] { "i", "go", "s" }.Select(name => new ValueInfoProto { Name = name }));
        body.Output.Insert(0, new ValueInfoProto { Name = "go" });
        (ModelProto converted, Fp16Report report) = Convert(model);
        Assert.That(report.Decisions.Where(d => d.Precision == NodePrecision.Fp16).Select(d => d.Node), Is.EqualTo(new[] { "relu", "branch/neg" }));
        GraphProto otherwise = converted.Graph.Node.Single(n => n.OpType == "If").Attribute[1].G;
        Assert.That(otherwise.Output.Single().Name, Is.EqualTo("e_fp32"));
        Assert.That(converted.Graph.Node.Single(n => n.OpType == "Loop").Input[2], Is.EqualTo("r_fp32"));

        static GraphProto Mystery(string output, string input) => new()
        {
            Name = "mystery",
            Output = { new ValueInfoProto { Name = output } },
            Node = { new NodeProto { OpType = "Mystery", Domain = "com.example", Input = { input }, Output = { output }, Name = "own" } },
        };
    }

    [Test]
    public void Functions_are_put_where_they_are_called()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Functions);
        Assert.That(converted.Functions, Is.Empty);
        Assert.That(converted.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "Cast", "Mul", "Add", "LeakyRelu", "Mul", "Add", "LeakyRelu", "Cast" }));
        Assert.That(converted.Graph.Node.Where(n => n.OpType == "LeakyRelu").Select(n => n.Attribute.SingleOrDefault()?.F), Is.EqualTo(new float?[] { 0.25f, null }));
        Assert.That(report.Decisions.Select(d => d.Node), Does.Contain("outer/twice/mul"));
    }

    [Test]
    public void What_functions_import_the_model_imports()
    {
        ModelProto model = Fp16Models.Functions.Clone();
        model.OpsetImport.Remove(model.OpsetImport.Single(o => o.Domain.Length == 0));
        model.Functions[0].OpsetImport.Add(new OperatorSetIdProto { Domain = "com.example", Version = 3 });
        Assert.That(Convert(model).Converted.OpsetImport.Select(o => (o.Domain, o.Version)), Is.EqualTo(new[] { ("mine", 1L), ("", 15L), ("com.example", 3L) }));
    }

    [Test]
    public void What_the_author_cast_to_FP32_stays_and_needless_casts_go()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Mixed);
        Assert.That(converted.Graph.Node.Select(n => n.Name), Does.Contain("up").And.Not.Contain("down").And.Not.Contain("up_again"));
        Assert.That(report.Decisions.Where(d => d.Precision == NodePrecision.Fp32).Select(d => d.Node), Is.EqualTo(new[] { "up", "exp", "log" }));
        Assert.That(report.Decisions.Single(d => d.Node == "scale").Precision, Is.EqualTo(NodePrecision.Fp16));
        Assert.That(converted.Graph.Node.Count(n => n.OpType == "Cast"), Is.EqualTo(4), "down, up, down, and the output's");

        Assert.That(Convert(Fp16Models.HalfInput).Report.Decisions.Select(d => d.Precision), Is.All.EqualTo(NodePrecision.Fp16));
    }

    [Test]
    public void Quantized_patterns_keep_their_floats()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Quantized);
        Assert.That(
            report.Decisions.Where(d => d.Precision == NodePrecision.Fp32).Select(d => d.Node), Is.EqualTo(new[] { "d", "product", "relu", "d2", "exp" }));
        Assert.That(report.Decisions.Single(d => d.Node == "log").Precision, Is.EqualTo(NodePrecision.Fp16));
        Assert.That(converted.Graph.Node.Count(n => n.OpType == "Cast"), Is.EqualTo(2));
    }

    [Test]
    public void Positions_are_computed_in_FP32_and_cast_once()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Positions);
        Assert.That(report.Decisions.Where(d => d.Precision == NodePrecision.Fp32).Select(d => d.Node), Is.EqualTo(new[] { "positions", "angle", "sin" }));
        Assert.That(converted.Graph.Node.Single(n => n.Name == "s_fp16").Input, Is.EqualTo(new[] { "s" }));
    }

    [Test]
    public void Constants_that_FP16_cannot_hold_keep_their_node()
    {
        (_, Fp16Report report) = Convert(Fp16Models.Extremes);
        Assert.That(Reason(report, "masked"), Is.EqualTo("its constant 'mask' holds 1E+09, beyond FP16's 65504"));
        Assert.That(Reason(report, "epsilon_added"), Is.EqualTo("its constant 'epsilon' is 1E-12 at most, which FP16 rounds to zero"));
    }

    [Test]
    public void Constants_of_other_types_that_are_cast_are_looked_at()
    {
        var large = new TensorProto { Name = "large", DataType = (int)OnnxType.Float64, RawData = ByteString.CopyFrom(BitConverter.GetBytes(1e9)) };
        OnnxModel model = Fp16Models.Start().Node("Cast", ["large"], ["c"], "cast", attributes: [OnnxAttributes.Int("to", (long)OnnxType.Float32)])
            .Node("Relu", ["x"], ["r"], "relu").Node("Mul", ["r", "c"], ["m"], "masked").Node("Sigmoid", ["m"], ["y"], "sigmoid");
        model.Proto.Graph.Initializer.Add(large);
        Assert.That(Reason(Convert(Fp16Models.Finish(model)).Report, "masked"), Is.EqualTo("its constant 'c' holds 1E+09, beyond FP16's 65504"));
    }

    [Test]
    public void A_bound_beyond_FP16_becomes_infinity()
    {
        ModelProto model = Fp16Models.Finish(Fp16Models.Start().Constant("low", [], [-1e6f]).Constant("high", [], [6f]).Node("Clip", ["x", "low", "high"], ["y"], "clip"));
        (ModelProto converted, Fp16Report report) = Convert(model);
        Assert.That(report.Decisions.Single().Precision, Is.EqualTo(NodePrecision.Fp16));
        Assert.That(MemoryMarshal.Cast<byte, Half>(converted.Graph.Initializer.Single(i => i.Name == "low").RawData.Span)[0], Is.EqualTo(Half.NegativeInfinity));
    }

    [Test]
    public void Statistics_of_a_batch_normalization_become_a_scale_and_a_bias_or_stay_FP32()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Normalization);
        Assert.That(report.Decisions.Single().Precision, Is.EqualTo(NodePrecision.Fp16));
        float[][] parts = [.. converted.Graph.Node.Single(n => n.OpType == "BatchNormalization").Input.Skip(1)
            .Select(name => MemoryMarshal.Cast<byte, Half>(converted.Graph.Initializer.Single(i => i.Name == name).RawData.Span).ToArray().Select(h => (float)h).ToArray())];
        Assert.That(parts[0][0], Is.EqualTo(1e4f / Math.Sqrt(9.8e7)).Within(0.1).Percent);
        Assert.That(parts[1][3], Is.EqualTo(3 - (2 * 4 / Math.Sqrt(4 + 1e-5))).Within(0.1).Percent);
        Assert.That(parts[2].Concat(parts[3]), Is.EqualTo(new float[] { 0, 0, 0, 0, 1, 1, 1, 1 }));

        ModelProto later = Fp16Models.Normalization.Clone();
        later.OpsetImport[0].Version = 15;
        (converted, report) = Convert(later);
        Assert.That(report.Decisions.Single().Precision, Is.EqualTo(NodePrecision.Fp16));
        Assert.That(converted.Graph.Initializer.Select(i => i.DataType), Is.All.EqualTo((int)OnnxType.Float32));

        ModelProto wide = Fp16Models.Normalization.Clone();
        wide.Graph.Initializer.Single(i => i.Name == "bias").RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>([1e6f, 0, 0, 0]));
        Assert.That(Reason(Convert(wide).Report, "norm"), Does.Contain("a bias of 1E+06 in channel 0"));

        ModelProto tiny = Fp16Models.Normalization.Clone();
        tiny.Graph.Initializer.Single(i => i.Name == "scale").RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>([1e-6f, 0, 0, 0]));
        (converted, report) = Convert(tiny);
        Assert.That(Reason(report, "norm"), Does.Contain("its scale is 1.01"));
        Assert.That(converted.Graph.Initializer.Select(i => i.DataType), Is.All.EqualTo((int)OnnxType.Float32));
    }

    [Test]
    public void What_is_chosen_from_an_FP32_input_is_chosen_in_FP32()
    {
        (_, Fp16Report report) = Convert(Fp16Models.Selection);
        Assert.That(Reason(report, "top"), Does.Contain("could change which elements are chosen"));
    }

    [Test]
    public void A_light_node_between_FP32_nodes_stays_with_them()
    {
        (ModelProto converted, Fp16Report report) = Convert(Fp16Models.Island);
        Assert.That(Reason(report, "neg"), Does.Contain("the casts around it"));
        Assert.That(report.Decisions.Single(d => d.Node == "relu").Precision, Is.EqualTo(NodePrecision.Fp16));
        Assert.That(converted.Graph.Node.Count(n => n.OpType == "Cast"), Is.EqualTo(4));
        ModelProto later = Fp16Models.Island.Clone();
        later.OpsetImport[0].Version = 14;
        Assert.That(Convert(later).Report.Decisions.Select(d => d.Precision), Is.All.EqualTo(NodePrecision.Fp16), "CumSum takes FP16 from opset 14 on");
    }

    [Test]
    public void Indices_that_are_floats_stay_FP32()
    {
        ModelProto model = Fp16Models.Finish(new OnnxModel("indices").Input("i", OnnxType.Float32, 2).Output("y", OnnxType.Float32, 2, 4).Constant("depth", [], [4L]).Constant("values", [2], [0f, 1])
            .Node("OneHot", ["i", "depth", "values"], ["y"], "hot"));
        (ModelProto converted, Fp16Report report) = Convert(model);
        Assert.That(report.Decisions.Single().Precision, Is.EqualTo(NodePrecision.Fp16));
        Assert.That(converted.Graph.Node[0].Input, Is.EqualTo(new[] { "i", "depth", "values" }));
    }

    [Test]
    public void Patterns_choose_nodes_by_name_and_operator()
    {
        Assert.That(Fp16Of(new Fp16Options { Exclude = ["Add"] }), Is.EqualTo(new[] { "first", "relu" }));
        Assert.That(Fp16Of(new Fp16Options { Exclude = ["fir?t", "bi*"] }), Is.EqualTo(new[] { "relu" }));
        Assert.That(Fp16Of(new Fp16Options { Include = ["first", "Relu"] }), Is.EqualTo(new[] { "first", "relu" }));
        Assert.That(Fp16Of(new Fp16Options { Include = ["*"], Exclude = ["relu"] }), Is.EqualTo(new[] { "first", "bias" }));
        Assert.That(
            () => Convert(Fp16Models.Chain, new Fp16Options { Exclude = ["norm*"] }),
            Throws.ArgumentException.With.Message.EqualTo("no node's name or operator matches 'norm*'; its nodes are, for instance, 'first' (MatMul), 'bias' (Add), 'relu' (Relu)"));

        string[] Fp16Of(Fp16Options options) => [.. Convert(Fp16Models.Chain, options).Report.Decisions.Where(d => d.Precision == NodePrecision.Fp16).Select(d => d.Node)];
    }

    [Test]
    public void Nodes_without_a_name_are_called_by_what_they_make()
    {
        ModelProto model = Fp16Models.Chain.Clone();
        model.Graph.Node[1].Name = "";
        Assert.That(Convert(model, new Fp16Options { Exclude = ["Add of 'a'"] }).Report.Decisions[1], Is.EqualTo(new Fp16Decision("Add of 'a'", "Add", NodePrecision.Fp32, "excluded by 'Add of 'a''")));
    }

    [Test]
    public void Data_beside_the_model_streams()
    {
        float[] values = Fp16Models.Numbers(64 * 64);
        File.WriteAllBytes(_folder["weights.bin"], [.. new byte[16], .. MemoryMarshal.AsBytes<float>(values)]);
        ModelProto model = Fp16Models.Start().ExternalConstant("w", [64, 64], "weights.bin", offset: 16).Node("MatMul", ["x", "w"], ["y"]).Proto;
        (ModelProto converted, _) = Convert(model);
        TensorProto weight = converted.Graph.Initializer.Single();
        Assert.That(weight.ExternalData, Is.Empty);
        Assert.That(MemoryMarshal.Cast<byte, Half>(weight.RawData.Span).ToArray(), Is.EqualTo(values.Select(v => (Half)v).ToArray()));

        string path = Save(model);
        Assert.That(() => Fp16Converter.Convert(path, _folder["weights.bin"]), Throws.ArgumentException.With.Message.Contains("holds the model's weights"));
        Assert.That(() => Fp16Converter.Convert(path, path), Throws.ArgumentException.With.Message.Contains("is the model itself"));
        File.WriteAllBytes(_folder["weights.bin"], new byte[100]);
        Refuses(model, "the file ends before the data of tensor 'w' does");
        model.Graph.Initializer[0].ExternalData[0].Value = "../weights.bin";
        Refuses(model, "'../weights.bin', which is outside of the model's folder");
        model.Graph.Initializer[0].ExternalData[0].Value = "none.bin";
        Assert.That(() => Convert(model), Throws.InstanceOf<FileNotFoundException>());
    }

    [Test]
    public void What_cannot_be_converted_is_refused_and_leaves_nothing()
    {
        ModelProto unsorted = Fp16Models.Chain.Clone();
        (unsorted.Graph.Node[0], unsorted.Graph.Node[1]) = (unsorted.Graph.Node[1], unsorted.Graph.Node[0]);
        Refuses(unsorted, "node 'bias' reads 'h', which no input, weight or earlier node is");
        ModelProto future = Fp16Models.Chain.Clone();
        future.OpsetImport[0].Version = 99;
        Refuses(future, "the model is of opset 99; opsets 7 to 22");
        ModelProto twice = Fp16Models.Chain.Clone();
        twice.Graph.Node[1].Output[0] = "h";
        Refuses(twice, "value 'h' is made twice");
        ModelProto open = Fp16Models.Chain.Clone();
        open.Graph.Output[0].Name = "z";
        Refuses(open, "the model has an output 'z', which no node of it makes");
        ModelProto cut = Fp16Models.Collisions.Clone();
        cut.Graph.Initializer[0].RawData = ByteString.CopyFrom(1, 2, 3);
        Refuses(cut, "tensor 'x_fp16' of shape [64] does not have its 64 elements");
        File.WriteAllBytes(_folder["no.onnx"], [1, 2, 3]);
        Assert.That(() => Fp16Converter.Convert(_folder["no.onnx"], _folder["never.onnx"]), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("no.onnx"));
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.That(() => Fp16Converter.Convert(Save(Fp16Models.Chain), _folder["never.onnx"], cancellation: cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        if (File.Exists("/dev/full"))
        {
            Assert.That(() => Fp16Converter.Convert(Save(Fp16Models.Chain), "/dev/full"), Throws.InstanceOf<IOException>().With.Message.Contains("/dev/full"));
        }

        Assert.That(_folder.Files(), Has.None.Contains("never").And.None.Contains(".tmp"));
    }

    [Test]
    public void Unknown_operators_keep_their_types()
    {
        ModelProto model = Fp16Models.Finish(Fp16Models.Start().Node("Relu", ["x"], ["r"], "relu").Node("Mystery", ["r"], ["m"], "own", domain: "com.example").Node("Neg", ["m"], ["y"], "neg"));
        (ModelProto converted, Fp16Report report) = Convert(model);
        Assert.That(Reason(report, "own"), Is.EqualTo("an operator of com.example, whose types are not known"));
        Assert.That(Reason(report, "neg"), Is.EqualTo("reads or makes a value whose type the model does not say"));
        Assert.That(converted.Graph.Node.Single(n => n.Name == "own").Input, Is.EqualTo(new[] { "r_fp32" }));
    }

    [Test]
    public void Progress_ends_with_the_whole()
    {
        var heard = new List<double>();
        Fp16Converter.Convert(Save(Fp16Models.Chain), _folder["progress.onnx"], progress: new Listener(heard.Add));
        Assert.That(heard, Is.Ordered.And.Not.Empty);
        Assert.That(heard[^1], Is.EqualTo(1));
    }

    private static string Reason(Fp16Report report, string node)
    {
        Fp16Decision decision = report.Decisions.Single(d => d.Node == node);
        Assert.That(decision.Precision, Is.EqualTo(NodePrecision.Fp32));
        return decision.Reason;
    }

    private void Refuses(ModelProto model, string words) => Assert.That(() => Convert(model), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(words));

    private string Save(ModelProto model)
    {
        string path = _folder[$"in{++_files}.onnx"];
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    private (ModelProto Converted, Fp16Report Report) Convert(ModelProto model, Fp16Options? options = null)
    {
        string path = Save(model);
        string output = _folder[$"out{_files}.onnx"];
        Fp16Report report = Fp16Converter.Convert(path, output, options);
        return (ModelProto.Parser.ParseFrom(File.ReadAllBytes(output)), report);
    }

    private sealed class Listener(Action<double> hear) : IProgress<double>
    {
        public void Report(double value) => hear(value);
    }
}
