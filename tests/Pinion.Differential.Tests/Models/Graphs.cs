using Google.Protobuf;
using AttributeType = Pinion.Onnx.AttributeProto.Types.AttributeType;
using Dimension = Pinion.Onnx.TensorShapeProto.Types.Dimension;

namespace Pinion.Differential.Tests;

/// <summary>Models of several nodes, with graphs inside, of sequences, and models that are wrong as a whole.</summary>
internal static class Graphs
{
    private static readonly int[] Opsets = [11, 13, 17, 21];

    public static IEnumerable<Case> All => Opsets.SelectMany(o => Branches(o).Concat(Loops(o)).Concat(Scans(o)).Concat(Sequences(o)).Concat(Quantized(o)).Concat(Shapes(o)))
        .Concat(Types()).Concat(Wholes()).Concat(Wrong());

    private static Case Valid(string name, int opset, Func<OnnxModel> model) => new($"{Family(name)}/opset{opset}/{Rest(name)}", opset, true, () => WithIr(model().Proto, opset));

    private static Case Invalid(string name, int opset, Func<OnnxModel> model) => new($"{Family(name)}/opset{opset}/{Rest(name)}", opset, null, () => WithIr(model().Proto, opset));

    private static string Family(string name) => name[..name.IndexOf('/')];

    private static string Rest(string name) => name[(name.IndexOf('/') + 1)..];

    private static ModelProto WithIr(ModelProto model, int opset)
    {
        model.IrVersion = Example.Empty(opset).IrVersion;
        return model;
    }

    private static AttributeProto Graph(string name, OnnxModel graph) => new() { Name = name, Type = AttributeType.Graph, G = graph.Proto.Graph };

    /// <summary>x and y of 2 by 3 floats.</summary>
    private static OnnxModel Plain(int opset) => new OnnxModel("graph", opset).Input("x", OnnxType.Float32, 2, 3).Output("y", OnnxType.Float32, 2, 3);

    private static OnnxModel Body(string name = "body") => new(name);

    private static OnnxModel Flag(OnnxModel model, string name, bool value)
    {
        model.Proto.Graph.Initializer.Add(Elements.Constant(name, OnnxType.Bool, [], [value ? 1 : 0]));
        return model;
    }

    private static IEnumerable<Case> Branches(int opset)
    {
        OnnxModel Branch(string operation, string name, OnnxType type = OnnxType.Float32, params Dimension[] shape) =>
            Body(name).Output($"{name}_y", type, shape.Length > 0 ? shape : [2, 3]).Node(operation, ["x"], [$"{name}_y"], $"{name}_{operation}");
        OnnxModel If(OnnxModel model, OnnxModel then, OnnxModel otherwise, string condition = "c") =>
            model.Node("If", [condition], ["y"], "choice", attributes: [Graph("then_branch", then), Graph("else_branch", otherwise)]);
        OnnxModel Chosen() => Plain(opset).Input("c", OnnxType.Bool);

        yield return Valid("if/runtime", opset, () => If(Chosen(), Branch("Relu", "then"), Branch("Neg", "else")));
        yield return Valid("if/runtime-vector", opset, () => If(Plain(opset).Input("c", OnnxType.Bool, 1), Branch("Relu", "then"), Branch("Neg", "else")));
        yield return Valid("if/constant", opset, () => If(Flag(Plain(opset), "c", true), Branch("Relu", "then"), Branch("Neg", "else")));
        yield return Valid("if/constant-other-shape", opset, () => If(Flag(Plain(opset), "c", true), Branch("Relu", "then"), Branch("Transpose", "else", OnnxType.Float32, 3, 2)));
        yield return Valid("if/other-shape", opset, () => If(Chosen(), Branch("Relu", "then"), Branch("Transpose", "else", OnnxType.Float32, 3, 2)));
        yield return Valid("if/other-rank", opset, () => If(Chosen(), Branch("Relu", "then"), Body("else").Output("e", OnnxType.Float32, 3).Node("ReduceMax", ["x"], ["e"], attributes: [OnnxAttributes.Ints("axes", 0), OnnxAttributes.Int("keepdims", 0)])));
        yield return Invalid("if/other-type", opset, () => If(Chosen(), Branch("Relu", "then"), Body("else").Output("e", OnnxType.Int32, 2, 3).Node("Cast", ["x"], ["e"], attributes: [OnnxAttributes.Int("to", 6)])));
        yield return Valid("if/constants-inside", opset, () => If(Chosen(), Branch("Relu", "then"), Body("else").Output("e", OnnxType.Float32, 2, 3).Constant("k", [2, 3], [1f, 2, 3, 4, 5, 6]).Node("Identity", ["k"], ["e"])));
        yield return Valid("if/nested", opset, () => If(Chosen(), Body("then").Output("t", OnnxType.Float32, 2, 3).Node("If", ["c"], ["t"], "inner", attributes: [Graph("then_branch", Branch("Relu", "a")), Graph("else_branch", Branch("Exp", "b"))]), Branch("Neg", "else")));
        yield return Invalid("if/float-condition", opset, () => If(Plain(opset).Input("c", OnnxType.Float32), Branch("Relu", "then"), Branch("Neg", "else")));
        yield return Invalid("if/no-else", opset, () => Chosen().Node("If", ["c"], ["y"], attributes: [Graph("then_branch", Branch("Relu", "then"))]));
        yield return Invalid("if/two-outputs-of-one", opset, () => Chosen().Output("z", OnnxType.Float32, 2, 3).Node("If", ["c"], ["y", "z"], attributes: [Graph("then_branch", Branch("Relu", "then")), Graph("else_branch", Branch("Neg", "else"))]));
        yield return Invalid("if/branch-with-inputs", opset, () => If(Chosen(), Branch("Relu", "then").Input("extra", OnnxType.Float32, 2), Branch("Neg", "else")));
        yield return Invalid("if/unknown-inside", opset, () => If(Chosen(), Branch("Frobnicate", "then"), Branch("Neg", "else")));
        yield return Invalid("if/unknown-inside-not-taken", opset, () => If(Flag(Plain(opset), "c", false), Branch("Frobnicate", "then"), Branch("Neg", "else")));
        yield return Invalid("if/refused-inside", opset, () => If(Chosen(), Body("then").Output("t", OnnxType.Float32, 2, 3).Node("MatMul", ["x", "x"], ["t"], "multiply"), Branch("Neg", "else")));
        if (opset >= 18)
        {
            yield return Invalid("if/more-parts-inside", opset, () => If(Chosen(), Body("then").Output("t", OnnxType.Float32, 2, 1).Node("Split", ["x"], ["t", "u", "v", "w"], "split", attributes: [OnnxAttributes.Int("axis", 1), OnnxAttributes.Int("num_outputs", 3)]), Branch("Neg", "else")));
        }

        yield return Invalid("if/empty-branch", opset, () => If(Chosen(), Body("then").Output("x", OnnxType.Float32, 2, 3), Branch("Neg", "else")));
    }

    private static IEnumerable<Case> Loops(int opset)
    {
        OnnxModel AddOne() => Body().Input("i", OnnxType.Int64).Input("go", OnnxType.Bool).Input("v", OnnxType.Float32, 2, 3)
            .Output("go_on", OnnxType.Bool).Output("v_next", OnnxType.Float32, 2, 3)
            .Constant("one", [1], [1f]).Node("Identity", ["go"], ["go_on"], "keep").Node("Add", ["v", "one"], ["v_next"], "step");
        OnnxModel UntilFive() => Body().Input("i", OnnxType.Int64).Input("go", OnnxType.Bool).Input("v", OnnxType.Float32, 2, 3)
            .Output("go_on", OnnxType.Bool).Output("v_next", OnnxType.Float32, 2, 3)
            .Constant("five", [], [5L]).Node("Less", ["i", "five"], ["go_on"], "look").Node("Relu", ["v"], ["v_next"], "step");
        OnnxModel Scanned() => AddOne().Output("s", OnnxType.Float32, 2, 3).Node("Identity", ["v_next"], ["s"], "collect");
        OnnxModel Trips(long count) => Flag(Plain(opset).Constant("n", [], [count]), "go0", true);

        yield return Valid("loop/counted", opset, () => Trips(3).Node("Loop", ["n", "go0", "x"], ["y"], "loop", attributes: [Graph("body", AddOne())]));
        yield return Valid("loop/without-condition", opset, () => Trips(3).Node("Loop", ["n", "", "x"], ["y"], "loop", attributes: [Graph("body", AddOne())]));
        yield return Valid("loop/without-count", opset, () => Flag(Plain(opset), "go0", true).Node("Loop", ["", "go0", "x"], ["y"], "loop", attributes: [Graph("body", UntilFive())]));
        yield return Valid("loop/without-both", opset, () => Plain(opset).Node("Loop", ["", "", "x"], ["y"], "loop", attributes: [Graph("body", UntilFive())]));
        yield return Valid("loop/runtime-count", opset, () => Flag(Plain(opset).Input("n", OnnxType.Int64), "go0", true).Node("Loop", ["n", "go0", "x"], ["y"], "loop", attributes: [Graph("body", AddOne())]));
        yield return Valid("loop/runtime-condition", opset, () => Plain(opset).Input("go0", OnnxType.Bool).Constant("n", [], [3L]).Node("Loop", ["n", "go0", "x"], ["y"], "loop", attributes: [Graph("body", AddOne())]));
        yield return Valid("loop/zero-trips", opset, () => Trips(0).Node("Loop", ["n", "go0", "x"], ["y"], "loop", attributes: [Graph("body", AddOne())]));
        yield return Valid("loop/count-in-a-vector", opset, () => Flag(Plain(opset).Constant("n", [1], [3L]), "go0", true).Node("Loop", ["n", "go0", "x"], ["y"], "loop", attributes: [Graph("body", AddOne())]));
        yield return Valid("loop/scan-output", opset, () => Trips(3).Output("all", OnnxType.Float32, 3, 2, 3).Node("Loop", ["n", "go0", "x"], ["y", "all"], "loop", attributes: [Graph("body", Scanned())]));
        yield return Valid("loop/scan-output-alone", opset, () => Trips(3).Output("all", OnnxType.Float32, 3, 2, 3).Node("Loop", ["n", "go0", "x"], ["y", "all"], "loop", attributes: [Graph("body", Scanned())]));
        yield return Valid("loop/uses-counter", opset, () => Trips(3).Node("Loop", ["n", "go0", "x"], ["y"], "loop", attributes: [Graph("body", Body().Input("i", OnnxType.Int64).Input("go", OnnxType.Bool).Input("v", OnnxType.Float32, 2, 3)
            .Output("go_on", OnnxType.Bool).Output("v_next", OnnxType.Float32, 2, 3).Node("Identity", ["go"], ["go_on"]).Node("Cast", ["i"], ["f"], attributes: [OnnxAttributes.Int("to", 1)]).Node("Add", ["v", "f"], ["v_next"]))]));
        yield return Invalid("loop/growing-state", opset, () => Trips(3).Node("Loop", ["n", "go0", "x"], ["y"], "loop", attributes: [Graph("body", Body().Input("i", OnnxType.Int64).Input("go", OnnxType.Bool).Input("v", OnnxType.Float32, 2, 3)
            .Output("go_on", OnnxType.Bool).Output("v_next", OnnxType.Float32, 4, 3).Node("Identity", ["go"], ["go_on"]).Node("Concat", ["v", "v"], ["v_next"], attributes: [OnnxAttributes.Int("axis", 0)]))]));
        yield return Invalid("loop/no-body", opset, () => Trips(3).Node("Loop", ["n", "go0", "x"], ["y"]));
        yield return Invalid("loop/short-body", opset, () => Trips(3).Node("Loop", ["n", "go0", "x"], ["y"], attributes: [Graph("body", Body().Input("i", OnnxType.Int64).Output("go_on", OnnxType.Bool).Node("Identity", ["go0"], ["go_on"]))]));
        yield return Invalid("loop/unknown-inside", opset, () => Trips(3).Node("Loop", ["n", "go0", "x"], ["y"], attributes: [Graph("body", AddOne().Node("Frobnicate", ["v"], ["unused"]))]));
        yield return Invalid("loop/float-count", opset, () => Flag(Plain(opset).Constant("n", [], [3f]), "go0", true).Node("Loop", ["n", "go0", "x"], ["y"], attributes: [Graph("body", AddOne())]));
    }

    private static IEnumerable<Case> Scans(int opset)
    {
        OnnxModel Sum() => Body().Input("state", OnnxType.Float32, 3).Input("row", OnnxType.Float32, 3).Output("next", OnnxType.Float32, 3).Output("out", OnnxType.Float32, 3)
            .Node("Add", ["state", "row"], ["next"], "step").Node("Identity", ["next"], ["out"], "give");
        OnnxModel Scan(int inputs, params AttributeProto[] more) => new OnnxModel("graph", opset).Input("s", OnnxType.Float32, 3).Input("x", OnnxType.Float32, 2, 3)
            .Output("final", OnnxType.Float32, 3).Output("all", OnnxType.Float32, 2, 3).Node("Scan", ["s", "x"], ["final", "all"], "scan", attributes: [Graph("body", Sum()), OnnxAttributes.Int("num_scan_inputs", inputs), .. more]);

        yield return Valid("scan/sum", opset, () => Scan(1));
        yield return Valid("scan/reverse", opset, () => Scan(1, OnnxAttributes.Ints("scan_input_directions", 1)));
        yield return Valid("scan/reverse-output", opset, () => Scan(1, OnnxAttributes.Ints("scan_output_directions", 1)));
        yield return Invalid("scan/too-many-inputs", opset, () => Scan(3));
        yield return Invalid("scan/no-inputs", opset, () => Scan(0));
        yield return Invalid("scan/wrong-axis", opset, () => Scan(1, OnnxAttributes.Ints("scan_input_axes", 5)));
    }

    private static IEnumerable<Case> Sequences(int opset)
    {
        yield return Valid("sequence/construct-at", opset, () => Plain(opset).Constant("i", [], [0L]).Node("SequenceConstruct", ["x", "x"], ["s"]).Node("SequenceAt", ["s", "i"], ["y"]));
        yield return Valid("sequence/split-concat", opset, () => Plain(opset).Node("SplitToSequence", ["x"], ["s"]).Node("ConcatFromSequence", ["s"], ["y"], attributes: [OnnxAttributes.Int("axis", 0)]));
        yield return Valid("sequence/insert-erase", opset, () => Plain(opset).Constant("i", [], [0L]).Node("SequenceEmpty", [], ["e"]).Node("SequenceInsert", ["e", "x"], ["s"]).Node("SequenceInsert", ["s", "x"], ["t"])
            .Node("SequenceErase", ["t"], ["u"]).Node("SequenceAt", ["u", "i"], ["y"]));
        yield return Valid("sequence/length", opset, () => new OnnxModel("graph", opset).Input("x", OnnxType.Float32, 2, 3).Output("n", OnnxType.Int64).Node("SequenceConstruct", ["x"], ["s"]).Node("SequenceLength", ["s"], ["n"]));
        if (opset >= 17)
        {
            yield return Valid("sequence/map", opset, () => Plain(opset).Constant("i", [], [0L]).Node("SequenceConstruct", ["x"], ["s"])
                .Node("SequenceMap", ["s"], ["m"], attributes: [Graph("body", Body().Input("v", OnnxType.Float32, 2, 3).Output("w", OnnxType.Float32, 2, 3).Node("Relu", ["v"], ["w"]))]).Node("SequenceAt", ["m", "i"], ["y"]));
            yield return Valid("optional/get", opset, () => Plain(opset).Node("Optional", ["x"], ["o"]).Node("OptionalGetElement", ["o"], ["y"]));
            yield return Valid("optional/has", opset, () => new OnnxModel("graph", opset).Input("x", OnnxType.Float32, 2, 3).Output("h", OnnxType.Bool).Node("Optional", ["x"], ["o"]).Node("OptionalHasElement", ["o"], ["h"]));
        }
    }

    private static IEnumerable<Case> Quantized(int opset)
    {
        OnnxModel Scales(OnnxModel model, OnnxType type = OnnxType.Int8, float scale = 0.5f)
        {
            model.Constant("scale", [], [scale]);
            model.Proto.Graph.Initializer.Add(Elements.Constant("zero", type, [], [0]));
            return model;
        }

        yield return Valid("qdq/pair", opset, () => Scales(Plain(opset)).Node("QuantizeLinear", ["x", "scale", "zero"], ["q"], "q").Node("DequantizeLinear", ["q", "scale", "zero"], ["y"], "dq"));
        yield return Valid("qdq/unsigned", opset, () => Scales(Plain(opset), OnnxType.UInt8).Node("QuantizeLinear", ["x", "scale", "zero"], ["q"], "q").Node("DequantizeLinear", ["q", "scale", "zero"], ["y"], "dq"));
        yield return Valid("qdq/before-relu", opset, () => Scales(Plain(opset)).Node("QuantizeLinear", ["x", "scale", "zero"], ["q"]).Node("DequantizeLinear", ["q", "scale", "zero"], ["d"]).Node("Relu", ["d"], ["y"]));
        yield return Invalid("qdq/relu-between", opset, () => Scales(Plain(opset)).Node("QuantizeLinear", ["x", "scale", "zero"], ["q"]).Node("Relu", ["q"], ["r"]).Node("DequantizeLinear", ["r", "scale", "zero"], ["y"]));
        yield return Valid("qdq/transpose-between", opset, () => Scales(new OnnxModel("graph", opset).Input("x", OnnxType.Float32, 2, 3).Output("y", OnnxType.Float32, 3, 2))
            .Node("QuantizeLinear", ["x", "scale", "zero"], ["q"]).Node("Transpose", ["q"], ["r"]).Node("DequantizeLinear", ["r", "scale", "zero"], ["y"]));
        yield return Invalid("qdq/negative-scale", opset, () => Scales(Plain(opset), scale: -1).Node("QuantizeLinear", ["x", "scale", "zero"], ["q"]).Node("DequantizeLinear", ["q", "scale", "zero"], ["y"]));
        yield return Valid("qdq/conv", opset, () =>
        {
            OnnxModel model = Scales(new OnnxModel("graph", opset).Input("x", OnnxType.Float32, 1, 3, 8, 8).Output("y", OnnxType.Float32, 1, 4, 6, 6));
            model.Proto.Graph.Initializer.Add(Elements.Constant("w", OnnxType.Int8, [4, 3, 3, 3]));
            return model.Node("QuantizeLinear", ["x", "scale", "zero"], ["q"]).Node("DequantizeLinear", ["q", "scale", "zero"], ["d"]).Node("DequantizeLinear", ["w", "scale", "zero"], ["wd"]).Node("Conv", ["d", "wd"], ["y"]);
        });
    }

    private static IEnumerable<Case> Shapes(int opset)
    {
        OnnxModel Open(params Dimension[] output) => new OnnxModel("graph", opset).Input("x", OnnxType.Float32, "N_2_8", 3, "W_2_8").Output("y", OnnxType.Float32, output);

        yield return Valid("shapes/flatten", opset, () => Open("N_2_8", "K").Constant("zero", [1], [0L]).Constant("minus", [1], [-1L]).Node("Shape", ["x"], ["s"]).Node("Gather", ["s", "zero"], ["n"])
            .Node("Concat", ["n", "minus"], ["t"], attributes: [OnnxAttributes.Int("axis", 0)]).Node("Reshape", ["x", "t"], ["y"]));
        yield return Valid("shapes/arithmetic", opset, () => Open("A", "B", "C").Constant("two", [3], [2L, 1, 1]).Node("Shape", ["x"], ["s"]).Node("Mul", ["s", "two"], ["t"]).Node("Expand", ["first", "t"], ["y"]).Constant("first", [1, 3, 1], [1f, 2, 3]));
        yield return Valid("shapes/constant-of-shape", opset, () => Open("A", "B", "C").Node("Shape", ["x"], ["s"]).Node("ConstantOfShape", ["s"], ["z"]).Node("Add", ["x", "z"], ["y"]));
        yield return Valid("shapes/shape-as-output", opset, () => new OnnxModel("graph", opset).Input("x", OnnxType.Float32, "N_2_8", 3).Output("s", OnnxType.Int64, 2).Node("Shape", ["x"], ["s"]));
        yield return Valid("shapes/through-float", opset, () => Open("A").Node("Shape", ["x"], ["s"]).Node("Cast", ["s"], ["f"], attributes: [OnnxAttributes.Int("to", 1)]).Node("Sqrt", ["f"], ["y"]));
        yield return Valid("shapes/range-of-size", opset, () => Open("A").Constant("zero", [], [0L]).Constant("one", [], [1L]).Node("Size", ["x"], ["n"]).Node("Range", ["zero", "n", "one"], ["r"]).Node("Cast", ["r"], ["y"], attributes: [OnnxAttributes.Int("to", 1)]));
        yield return Valid("shapes/nonzero-reshape", opset, () => new OnnxModel("graph", opset).Input("x", OnnxType.Float32, 2, 3).Output("y", OnnxType.Int64, "K").Constant("minus", [1], [-1L]).Node("NonZero", ["x"], ["n"]).Node("Reshape", ["n", "minus"], ["y"]));
        yield return Valid("shapes/input-as-shape", opset, () => new OnnxModel("graph", opset).Input("x", OnnxType.Float32, 2, 3).Input("s", OnnxType.Int64, 2).Output("y", OnnxType.Float32, "A", "B").Node("Reshape", ["x", "s"], ["y"]));
        yield return Valid("shapes/input-used-twice", opset, () => Open("N_2_8", 3, "W_2_8").Node("Relu", ["x"], ["r"]).Node("Add", ["x", "r"], ["y"]));
    }

    /// <summary>Every type as input, as constant and through a node.</summary>
    private static IEnumerable<Case> Types()
    {
        foreach ((string name, OnnxType type) in Elements.Types)
        {
            foreach (int opset in new[] { 13, 21 })
            {
                yield return Invalid($"types/{name}-identity", opset, () => new OnnxModel("graph", opset).Input("x", type, 2, 4).Output("y", type, 2, 4).Node("Identity", ["x"], ["y"]));
                yield return Invalid($"types/{name}-cast-from", opset, () => new OnnxModel("graph", opset).Input("x", type, 2, 4).Output("y", OnnxType.Float32, 2, 4).Node("Cast", ["x"], ["y"], attributes: [OnnxAttributes.Int("to", 1)]));
                yield return Invalid($"types/{name}-cast-to", opset, () => new OnnxModel("graph", opset).Input("x", OnnxType.Float32, 2, 4).Output("y", type, 2, 4).Node("Cast", ["x"], ["y"], attributes: [OnnxAttributes.Int("to", (int)type)]));
                yield return Invalid($"types/{name}-unused-input", opset, () => Plain(opset).Input("z", type, 2, 4).Node("Relu", ["x"], ["y"]));
                if (Elements.CanBeConstant(type))
                {
                    yield return Invalid($"types/{name}-constant", opset, () =>
                    {
                        OnnxModel model = new OnnxModel("graph", opset).Input("x", type, 2, 4).Output("y", type, 2, 4).Node("Concat", ["x", "k"], ["y"], attributes: [OnnxAttributes.Int("axis", 0)]);
                        model.Proto.Graph.Initializer.Add(Elements.Constant("k", type, [2, 4]));
                        return model;
                    });
                    yield return Invalid($"types/{name}-constant-cast", opset, () =>
                    {
                        OnnxModel model = Plain(opset).Node("Cast", ["k"], ["f"], attributes: [OnnxAttributes.Int("to", 1)]).Node("Add", ["x", "f"], ["y"]);
                        model.Proto.Graph.Initializer.Add(Elements.Constant("k", type, [2, 3]));
                        return model;
                    });
                }
            }
        }
    }

    /// <summary>Graphs that are right, each in a way of its own.</summary>
    private static IEnumerable<Case> Wholes()
    {
        const int Opset = 17;
        yield return Valid("graph/residual", Opset, () => new OnnxModel("graph", Opset).Input("x", OnnxType.Float32, "N_2_8", 4, 8, 8).Output("y", OnnxType.Float32, "N_2_8", 4, 8, 8).Constant("w", [4, 4, 3, 3], new float[144])
            .Node("Conv", ["x", "w"], ["c"], attributes: [OnnxAttributes.Ints("pads", 1, 1, 1, 1)]).Node("Relu", ["c"], ["r"]).Node("Add", ["r", "x"], ["y"]));
        yield return Valid("graph/attention", Opset, () => new OnnxModel("graph", Opset).Input("q", OnnxType.Float32, "N_2_8", 4, 8).Input("k", OnnxType.Float32, "N_2_8", 4, 8).Input("v", OnnxType.Float32, "N_2_8", 4, 8).Output("y", OnnxType.Float32, "N_2_8", 4, 8)
            .Node("Transpose", ["k"], ["kt"], attributes: [OnnxAttributes.Ints("perm", 0, 2, 1)]).Node("MatMul", ["q", "kt"], ["s"]).Node("Softmax", ["s"], ["p"]).Node("MatMul", ["p", "v"], ["y"]));
        yield return Valid("graph/unused-node", Opset, () => Plain(Opset).Node("Relu", ["x"], ["y"]).Node("Exp", ["x"], ["unused"]));
        yield return Valid("graph/unused-input", Opset, () => Plain(Opset).Input("z", OnnxType.Float32, 4).Node("Relu", ["x"], ["y"]));
        yield return Valid("graph/unused-open-input", Opset, () => Plain(Opset).Input("z", OnnxType.Float32, "K", 4).Node("Relu", ["x"], ["y"]));
        yield return Valid("graph/unused-constant", Opset, () => Plain(Opset).Constant("k", [1], [1f]).Node("Relu", ["x"], ["y"]));
        yield return Valid("graph/one-output-used-twice", Opset, () => Plain(Opset).Output("z", OnnxType.Float32, 2, 3).Node("Relu", ["x"], ["y"]).Node("Exp", ["y"], ["z"]));
        yield return Valid("graph/outputs-out-of-order", Opset, () => new OnnxModel("graph", Opset).Input("x", OnnxType.Float32, 2, 3).Output("b", OnnxType.Float32, 2, 3).Output("a", OnnxType.Float32, 2, 3).Node("Relu", ["x"], ["a"]).Node("Exp", ["x"], ["b"]));
        yield return Valid("graph/constant-is-output", Opset, () => Plain(Opset).Output("k", OnnxType.Float32, 1).Constant("k", [1], [1f]).Node("Relu", ["x"], ["y"]));
        yield return Valid("graph/constant-is-input", Opset, () => Plain(Opset).Input("k", OnnxType.Float32, 1).Constant("k", [1], [1f]).Node("Add", ["x", "k"], ["y"]));
        yield return Valid("graph/input-is-output", Opset, () => Plain(Opset).Output("x", OnnxType.Float32, 2, 3).Node("Relu", ["x"], ["y"]));
        yield return Valid("graph/only-constants", Opset, () => new OnnxModel("graph", Opset).Output("y", OnnxType.Float32, 2).Constant("k", [2], [1f, 2]).Node("Relu", ["k"], ["y"]));
        yield return Valid("graph/names-of-many-kinds", Opset, () => new OnnxModel("graph", Opset).Input("in put/0:é", OnnxType.Float32, 2).Output("out.put::1", OnnxType.Float32, 2).Node("Relu", ["in put/0:é"], ["out.put::1"], "no de"));
        yield return Valid("graph/many-inputs", Opset, () => Enumerable.Range(0, 20).Aggregate(new OnnxModel("graph", Opset).Output("y", OnnxType.Float32, 2), (m, i) => m.Input($"x{i}", OnnxType.Float32, 2)).Node("Sum", [.. Enumerable.Range(0, 20).Select(i => $"x{i}")], ["y"]));
        yield return Valid("graph/long-chain", Opset, () => Enumerable.Range(0, 40).Aggregate(new OnnxModel("graph", Opset).Input("v0", OnnxType.Float32, 2).Output("v40", OnnxType.Float32, 2), (m, i) => m.Node("Sigmoid", [$"v{i}"], [$"v{i + 1}"])));
    }

    /// <summary>Models that are wrong as a whole.</summary>
    private static IEnumerable<Case> Wrong()
    {
        const int Opset = 13;
        Case Changed(string name, Action<ModelProto> change) => new($"model/{name}", Opset, null, () =>
        {
            ModelProto model = Plain(Opset).Node("Relu", ["x"], ["r"], "relu").Constant("k", [3], [1f, 2, 3]).Node("Add", ["r", "k"], ["y"], "add").Proto;
            change(model);
            return model;
        });
        Case Bytes(string name, Func<byte[]> bytes) => new($"bytes/{name}", Opset, null, bytes);

        yield return Changed("unchanged", _ => { });
        yield return Changed("no-graph", m => m.Graph = null);
        yield return Changed("no-nodes", m => m.Graph.Node.Clear());
        yield return Changed("no-nodes-output-is-input", m => { m.Graph.Node.Clear(); m.Graph.Output[0].Name = "x"; });
        yield return Changed("no-nodes-output-is-constant", m => { m.Graph.Node.Clear(); m.Graph.Output[0] = Example.Info("k", OnnxType.Float32, [new Axis(3)]); });
        yield return Changed("no-outputs", m => m.Graph.Output.Clear());
        yield return Changed("no-inputs", m => m.Graph.Input.Clear());
        yield return Changed("no-opset", m => m.OpsetImport.Clear());
        yield return Changed("no-ir-version", m => m.ClearIrVersion());
        yield return Changed("future-ir-version", m => m.IrVersion = 99);
        yield return Changed("old-ir-version", m => m.IrVersion = 3);
        foreach (int opset in new[] { 0, 1, 5, 6, 7, 8, 9, 10, 23, 24, 99 })
        {
            yield return Changed($"opset-{opset}", m => m.OpsetImport[0].Version = opset);
        }

        yield return Changed("foreign-opset-alone", m => m.OpsetImport[0].Domain = "com.example");
        yield return Changed("named-domain", m => { m.OpsetImport[0].Domain = "ai.onnx"; m.Graph.Node[0].Domain = "ai.onnx"; });
        yield return Changed("two-opsets", m => m.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 }));
        yield return Changed("foreign-opset-too", m => m.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.example", Version = 1 }));
        yield return Changed("unknown-operator", m => m.Graph.Node[1].OpType = "Frobnicate");
        yield return Changed("no-operator", m => m.Graph.Node[1].OpType = "");
        yield return Changed("lower-case-operator", m => m.Graph.Node[0].OpType = "relu");
        yield return Changed("foreign-domain", m => m.Graph.Node[1].Domain = "com.microsoft");
        yield return Changed("unknown-operator-not-needed", m => m.Graph.Node.Add(new NodeProto { OpType = "Frobnicate", Name = "odd", Input = { "x" }, Output = { "unused" } }));
        yield return Changed("two-unknown-operators", m => { m.Graph.Node[0].OpType = "Frobnicate"; m.Graph.Node[1].OpType = "Defenestrate"; });
        yield return Changed("refused-before-unknown", m => { m.Graph.Node[0].OpType = "MatMul"; m.Graph.Node[0].Input.Add("x"); m.Graph.Node[1].OpType = "Frobnicate"; });
        yield return Changed("unnamed-before-unknown", m => { m.Graph.Node[0].Output[0] = ""; m.Graph.Node[1].Input[0] = "x"; m.Graph.Node[1].OpType = "Frobnicate"; });
        yield return Changed("boxes-of-refused", m =>
        {
            m.Graph.Node[0].OpType = "MatMul";
            m.Graph.Node[0].Input.Add("x");
            m.Graph.Node.Add(new NodeProto { OpType = "NonMaxSuppression", Name = "boxes", Input = { "r", "x" }, Output = { "unused" } });
        });
        yield return Changed("node-of-nothing", m => m.Graph.Node.Add(new NodeProto { OpType = "Exp", Name = "nothing", Output = { "" } }));
        yield return Changed("duplicate-node-names", m => m.Graph.Node[1].Name = "relu");
        yield return Changed("no-node-names", m => m.Graph.Node.ToList().ForEach(n => n.Name = ""));
        yield return Changed("duplicate-value", m => m.Graph.Node[1].Output[0] = "r");
        yield return Changed("value-made-twice", m => m.Graph.Node.Add(new NodeProto { OpType = "Exp", Name = "again", Input = { "x" }, Output = { "y" } }));
        yield return Changed("value-is-input", m => m.Graph.Node[1].Output[0] = "x");
        yield return Changed("value-is-constant", m => m.Graph.Node[0].Output[0] = "k");
        yield return Changed("nodes-out-of-order", m => { NodeProto first = m.Graph.Node[0]; m.Graph.Node.RemoveAt(0); m.Graph.Node.Add(first); });
        yield return Changed("cycle", m => m.Graph.Node[0].Input[0] = "y");
        yield return Changed("unknown-value", m => m.Graph.Node[0].Input[0] = "nowhere");
        yield return Changed("unknown-output", m => m.Graph.Output[0].Name = "nowhere");
        yield return Changed("unnamed-output", m => m.Graph.Output[0].Name = "");
        yield return Changed("unnamed-input", m => { m.Graph.Input[0].Name = ""; m.Graph.Node[0].Input[0] = ""; });
        yield return Changed("output-twice", m => m.Graph.Output.Add(m.Graph.Output[0].Clone()));
        yield return Changed("input-twice", m => m.Graph.Input.Add(m.Graph.Input[0].Clone()));
        yield return Changed("constant-twice", m => m.Graph.Initializer.Add(m.Graph.Initializer[0].Clone()));
        yield return Changed("constant-without-name", m => m.Graph.Initializer[0].Name = "");
        yield return Changed("constant-too-short", m => m.Graph.Initializer[0].RawData = ByteString.CopyFrom(new byte[8]));
        yield return Changed("constant-too-long", m => m.Graph.Initializer[0].RawData = ByteString.CopyFrom(new byte[16]));
        yield return Changed("constant-without-data", m => m.Graph.Initializer[0].ClearRawData());
        yield return Changed("constant-of-negative-size", m => m.Graph.Initializer[0].Dims[0] = -3);
        yield return Changed("constant-too-large", m => m.Graph.Initializer[0].Dims.Add([1L << 32, 1L << 32]));
        yield return Changed("constant-of-rank9", m => { m.Graph.Initializer[0].Dims.Clear(); m.Graph.Initializer[0].Dims.Add([1, 1, 1, 1, 1, 1, 1, 1, 3]); });
        yield return Changed("constant-without-type", m => m.Graph.Initializer[0].DataType = 0);
        yield return Changed("constant-of-unknown-type", m => m.Graph.Initializer[0].DataType = 99);
        yield return Changed("constant-as-floats", m => { m.Graph.Initializer[0].ClearRawData(); m.Graph.Initializer[0].FloatData.Add([1, 2, 3]); });
        yield return Changed("constant-as-too-few-floats", m => { m.Graph.Initializer[0].ClearRawData(); m.Graph.Initializer[0].FloatData.Add([1, 2]); });
        yield return Changed("constant-as-ints", m => { m.Graph.Initializer[0].ClearRawData(); m.Graph.Initializer[0].Int32Data.Add([1, 2, 3]); });
        yield return Changed("constant-elsewhere", m =>
        {
            m.Graph.Initializer[0].ClearRawData();
            m.Graph.Initializer[0].DataLocation = TensorProto.Types.DataLocation.External;
            m.Graph.Initializer[0].ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "absent.bin" });
        });
        yield return Changed("input-without-type", m => m.Graph.Input[0].Type = null);
        yield return Changed("input-of-unknown-type", m => m.Graph.Input[0].Type.TensorType.ElemType = 99);
        yield return Changed("input-of-no-type", m => m.Graph.Input[0].Type.TensorType.ElemType = 0);
        yield return Changed("input-without-shape", m => m.Graph.Input[0].Type.TensorType.Shape = null);
        yield return Changed("input-of-negative-size", m => m.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimValue = -2);
        yield return Changed("input-of-huge-size", m => m.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimValue = 1L << 40);
        yield return Changed("input-of-open-size", m => m.Graph.Input[0].Type.TensorType.Shape.Dim[0].ClearValue());
        yield return Changed("output-without-type", m => m.Graph.Output[0].Type = null);
        yield return Changed("output-of-other-type", m => m.Graph.Output[0].Type.TensorType.ElemType = (int)OnnxType.Int64);
        yield return Changed("output-of-other-shape", m => m.Graph.Output[0].Type.TensorType.Shape.Dim[0].DimValue = 7);
        yield return Changed("node-without-outputs", m => m.Graph.Node[1].Output.Clear());
        yield return Changed("node-without-inputs", m => m.Graph.Node[1].Input.Clear());
        yield return Changed("value-info-of-other-type", m => m.Graph.ValueInfo.Add(Example.Info("r", OnnxType.Int32, [new Axis(9)])));
        yield return Changed("input-constant-and-open", m => m.Graph.Input.Add(Example.Info("k", OnnxType.Float32, [new Axis(2, "K", 4)])));

        foreach (bool byNodes in new[] { false, true })
        {
            yield return Changed($"slice-of-less-than-nothing{(byNodes ? "-by-nodes" : "")}", m =>
            {
                foreach ((string name, long value) in new[] { ("starts", 0L), ("ends", 1L), ("axes", 2L) })
                {
                    TensorProto constant = Elements.Constant(name, OnnxType.Int64, [1], [value]);
                    if (byNodes)
                    {
                        m.Graph.Node.Add(new NodeProto { OpType = "Constant", Name = $"make_{name}", Output = { name }, Attribute = { new AttributeProto { Name = "value", Type = AttributeType.Tensor, T = constant } } });
                    }
                    else
                    {
                        m.Graph.Initializer.Add(constant);
                    }
                }

                m.Graph.Input.Add(Example.Info("image", OnnxType.Float32, [new Axis(1), new Axis(1), new Axis(2), new Axis(2)]));
                m.Graph.Node.Add(new NodeProto { OpType = "MaxPool", Name = "pool", Input = { "image" }, Output = { "p" }, Attribute = { OnnxAttributes.Ints("kernel_shape", 5, 5) } });
                m.Graph.Node.Add(new NodeProto { OpType = "Slice", Name = "slice", Input = { "p", "starts", "ends", "axes" }, Output = { "s" } });
            });
        }

        yield return Bytes("one", () => [0]);
        yield return Bytes("text", () => "this is no model, but a line of text\n"u8.ToArray());
        yield return Bytes("zeros", () => new byte[256]);
        yield return Bytes("ones", () => [.. Enumerable.Repeat((byte)255, 256)]);
        yield return Bytes("twice", () => [.. TestModels.Identity.ToBytes(), .. TestModels.Identity.ToBytes()]);
        yield return Bytes("more-behind", () => [.. TestModels.Identity.ToBytes(), .. "more"u8]);
        for (int length = 3; length < TestModels.Dense.Length; length += 11)
        {
            int cut = length;
            yield return Bytes($"cut-{cut}", () => TestModels.Dense.ToBytes()[..cut]);
        }

        for (int flipped = 5; flipped < TestModels.Dense.Length * 8; flipped += 37)
        {
            int bit = flipped;
            yield return Bytes($"flipped-{bit}", () =>
            {
                byte[] bytes = TestModels.Dense.ToBytes();
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                return bytes;
            });
        }
    }
}
