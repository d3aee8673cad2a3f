namespace Pinion.Onnx.Tests;

/// <summary>Models that converters to FP16 are known to get wrong.</summary>
internal static class Fp16Models
{
    private const int Large = 4096;

    /// <summary>Two products, and a weight that streams.</summary>
    public static ModelProto Chain { get; } = Finish(Start().Weight("w", [64, 64], (offset, values) => Fill(offset, values))
        .Constant("b", [64], Numbers(64)).Node("MatMul", ["x", "w"], ["h"], "first").Node("Add", ["h", "b"], ["a"], "bias").Node("Relu", ["a"], ["y"], "relu"));

    /// <summary>Three uses of one weight, one of them in a node that has no FP16 form.</summary>
    public static ModelProto Shared { get; } = Finish(new OnnxModel("shared")
        .Input("x", OnnxType.Float32, 64).Output("y", OnnxType.Float32, 64).Output("r", OnnxType.Float32, "n")
        .Constant("w", [], [3f]).Constant("one", [], [1f])
        .Node("Mul", ["x", "w"], ["m"]).Node("Add", ["m", "w"], ["y"]).Node("Range", ["one", "w", "one"], ["r"]));

    /// <summary>IR 3, where weights are inputs too: one in both types, statistics that become new constants, and a large constant of a node.</summary>
    public static ModelProto OldFormat { get; } = MakeOldFormat();

    public static ModelProto InitializerAsOutput { get; } = Finish(Start().Constant("w", [64, 64], Numbers(64 * 64))
        .Output("w", OnnxType.Float32, 64, 64).Node("MatMul", ["x", "w"], ["y"], "product"));

    /// <summary>Has the names that a converter would like to give.</summary>
    public static ModelProto Collisions { get; } = Finish(Start().Constant("x_fp16", [64], Numbers(64)).Constant("y_fp16", [64], Numbers(64))
        .Node("Add", ["x", "x_fp16"], ["h"], "x_fp16_2").Node("Mul", ["h", "y_fp16"], ["y"], "h"));

    /// <summary>Constants as attributes of nodes, one of them large.</summary>
    public static ModelProto ConstantNodes { get; } = Finish(Start()
        .Node("Constant", [], ["t"], attributes: [Tensor("value", FloatTensor([64], Numbers(64)))])
        .Node("Constant", [], ["large"], attributes: [Tensor("value", FloatTensor([64, 64], Numbers(Large)))])
        .Node("Constant", [], ["f"], attributes: [OnnxAttributes.Float("value_float", 0.5f)])
        .Node("Constant", [], ["fs"], attributes: [new AttributeProto { Name = "value_floats", Type = AttributeProto.Types.AttributeType.Floats, Floats = { Numbers(64) } }])
        .Node("Mul", ["x", "t"], ["a"]).Node("MatMul", ["a", "large"], ["b"]).Node("Add", ["b", "f"], ["c"]).Node("Add", ["c", "fs"], ["y"]));

    /// <summary>Branches that read a value and a weight of the graph around them; one has a large constant of its own.</summary>
    public static ModelProto Branches { get; } = Finish(Start().Constant("w", [64], Numbers(64)).Constant("limit", [], [4f])
        .Node("ReduceSum", ["x"], ["s"], attributes: [OnnxAttributes.Int("keepdims", 0)]).Node("Greater", ["s", "limit"], ["c"])
        .Node("Mul", ["x", "w"], ["m"])
        .Node("If", ["c"], ["z"], "branch", attributes: [
            Body("then_branch", Graph("then", [], ["t"], Node("Mul", ["m", "w"], ["t"], "inner"))),
            Body("else_branch", Graph("else", [], ["e"], Node("Constant", [], ["v"], "", Tensor("value", FloatTensor([64, 64], Numbers(Large)))), Node("MatMul", ["m", "v"], ["e"], "product")))])
        .Node("Add", ["z", "w"], ["y"]));

    /// <summary>A state that is an activation, one that counts in floats, and a scan output.</summary>
    public static ModelProto Loop { get; } = Finish(Start().Output("all", OnnxType.Float32, "n", 2, 64).Output("count", OnnxType.Float32)
        .Constant("times", [], [3L]).Constant("zero", [], [0f]).Constant("one", [], [1f]).Constant("w", [64], Numbers(64))
        .Node("Mul", ["x", "w"], ["start"])
        .Node("Loop", ["times", "", "start", "zero"], ["y", "count", "all"], "loop", attributes: [
            Body("body", Graph(
                "body", [Value("i", OnnxType.Int64), Value("go", OnnxType.Bool), Value("state", OnnxType.Float32), Value("counter", OnnxType.Float32)],
                ["go_on", "next", "counted", "seen"],
                Node("Identity", ["go"], ["go_on"], "condition"), Node("Mul", ["state", "w"], ["next"], "step"), Node("Add", ["counter", "one"], ["counted"], "tick"),
                Node("Identity", ["next"], ["seen"], "see")))]));

    /// <summary>A body that leaves the types of its inputs out.</summary>
    public static ModelProto UntypedBody { get; } = Finish(Start().Constant("times", [], [3L]).Node("Relu", ["x"], ["r"])
        .Node("Loop", ["times", "", "r"], ["y"], "loop", attributes: [
            Body("body", Graph(
                "body", [new ValueInfoProto { Name = "i" }, new ValueInfoProto { Name = "go" }, new ValueInfoProto { Name = "state" }], ["go_on", "next"],
                Node("Identity", ["go"], ["go_on"], "condition"), Node("Sin", ["state"], ["next"], "step")))]));

    /// <summary>A body that uses names of the graph around it for values of its own.</summary>
    public static ModelProto Shadows { get; } = Finish(Start().Constant("times", [], [3L]).Constant("w", [64], Numbers(64)).Node("Relu", ["x"], ["r"], "relu")
        .Node("Cast", ["r"], ["c"], "cast", attributes: [OnnxAttributes.Int("to", (long)OnnxType.Float32)])
        .Node("Loop", ["times", "", "x"], ["y"], "loop", attributes: [
            Body("body", Graph(
                "body", [Value("i", OnnxType.Int64), Value("go", OnnxType.Bool), Value("r", OnnxType.Float32)], ["go_on", "next"],
                Node("Identity", ["go"], ["go_on"], "condition"), Node("Add", ["r", "c"], ["next"], "step")))]));

    /// <summary>Opset 8: the states of a Scan follow lengths.</summary>
    public static ModelProto OldScan { get; } = Finish(new OnnxModel("old scan", opset: 8).Input("s", OnnxType.Float32, 1, 4).Input("x", OnnxType.Float32, 1, 3, 4).Output("y", OnnxType.Float32, 1, 4)
        .Node("Relu", ["s"], ["r"], "relu").Node("Scan", ["", "r", "x"], ["y"], "scan", attributes: [
            OnnxAttributes.Int("num_scan_inputs", 1),
            Body("body", Graph("body", [Value("h", OnnxType.Float32), Value("a", OnnxType.Float32)], ["k"], Node("Add", ["h", "a"], ["k"], "step")))]));

    /// <summary>A function of the model's own, which calls another and takes an attribute.</summary>
    public static ModelProto Functions { get; } = MakeFunctions();

    /// <summary>FP16 already, with an FP32 part that its author made by casts.</summary>
    public static ModelProto Mixed { get; } = Finish(Start().Constant("w", [64], Numbers(64))
        .Node("Cast", ["x"], ["half"], "down", attributes: [OnnxAttributes.Int("to", (long)OnnxType.Float16)])
        .Node("Relu", ["half"], ["h"], "relu")
        .Node("Cast", ["h"], ["wide"], "up", attributes: [OnnxAttributes.Int("to", (long)OnnxType.Float32)])
        .Node("Exp", ["wide"], ["e"], "exp").Node("Log", ["e"], ["l"], "log")
        .Node("Cast", ["l"], ["narrow"], "down_again", attributes: [OnnxAttributes.Int("to", (long)OnnxType.Float16)])
        .Node("Neg", ["narrow"], ["n"], "neg")
        .Node("Cast", ["n"], ["again"], "up_again", attributes: [OnnxAttributes.Int("to", (long)OnnxType.Float32)])
        .Node("Mul", ["again", "w"], ["y"], "scale"));

    /// <summary>Inputs are FP16, all the rest is not.</summary>
    public static ModelProto HalfInput { get; } = Finish(new OnnxModel("half input").Input("x", OnnxType.Float16, 2, 64).Output("y", OnnxType.Float32, 2, 64)
        .Node("Cast", ["x"], ["wide"], "up", attributes: [OnnxAttributes.Int("to", (long)OnnxType.Float32)]).Node("Exp", ["wide"], ["y"], "exp"));

    /// <summary>A product of dequantized values, and a layer behind it.</summary>
    public static ModelProto Quantized { get; } = Finish(Start().Constant("scale", [], [0.5f]).Constant("w", [64, 64], Numbers(Large))
        .Node("QuantizeLinear", ["x", "scale"], ["q"], "q").Node("DequantizeLinear", ["q", "scale"], ["d"], "d").Node("MatMul", ["d", "w"], ["m"], "product")
        .Node("Relu", ["m"], ["r"], "relu").Node("QuantizeLinear", ["r", "scale"], ["q2"], "q2").Node("DequantizeLinear", ["q2", "scale"], ["d2"], "d2")
        .Node("Exp", ["d2"], ["e"], "exp").Node("Log", ["e"], ["y"], "log"));

    /// <summary>Positions as language models compute them: whole numbers up to thousands, times frequencies.</summary>
    public static ModelProto Positions { get; } = Finish(new OnnxModel("positions").Input("x", OnnxType.Float32, 2, 64).Input("ids", OnnxType.Int64, 2, 64)
        .Output("y", OnnxType.Float32, 2, 64).Constant("frequency", [64], Numbers(64))
        .Node("Cast", ["ids"], ["p"], "positions", attributes: [OnnxAttributes.Int("to", (long)OnnxType.Float32)])
        .Node("Mul", ["p", "frequency"], ["angle"], "angle").Node("Sin", ["angle"], ["s"], "sin").Node("Mul", ["x", "s"], ["y"], "rotate"));

    /// <summary>Constants that FP16 cannot hold.</summary>
    public static ModelProto Extremes { get; } = Finish(Start().Constant("mask", [], [-1e9f]).Constant("epsilon", [], [1e-12f]).Constant("bound", [], [1e6f])
        .Constant("low", [], [0f]).Node("Mul", ["x", "mask"], ["m"], "masked").Node("Clip", ["m", "low", "bound"], ["c"], "clip")
        .Node("Add", ["c", "epsilon"], ["e"], "epsilon_added").Node("Sqrt", ["e"], ["y"], "root"));

    /// <summary>Opset 13: one type for all of it, and statistics beyond FP16.</summary>
    public static ModelProto Normalization { get; } = Finish(new OnnxModel("normalization").Input("x", OnnxType.Float32, 1, 4, 8, 8).Output("y", OnnxType.Float32, 1, 4, 8, 8)
        .Constant("scale", [4], [1e4f, 2, 3, 4]).Constant("bias", [4], [0f, 1, 2, 3]).Constant("mean", [4], [0f, 1, 0, 2]).Constant("variance", [4], [9.8e7f, 1e-9f, 1, 4])
        .Node("BatchNormalization", ["x", "scale", "bias", "mean", "variance"], ["y"], "norm"));

    /// <summary>Indices are chosen from the model's own FP32 input.</summary>
    public static ModelProto Selection { get; } = Finish(Start().Constant("k", [1], [3L]).Constant("w", [64], Numbers(64))
        .Node("TopK", ["x", "k"], ["values", "indices"], "top").Node("Mul", ["x", "w"], ["m"], "scale").Node("GatherElements", ["m", "indices"], ["g"], "gather", attributes: [OnnxAttributes.Int("axis", 1)])
        .Node("Mul", ["g", "values"], ["p"], "weigh").Node("ReduceSum", ["p"], ["s"], "sum").Node("Add", ["s", "x"], ["y"], "add"));

    /// <summary>An FP32 node, a light one, an FP32 node.</summary>
    public static ModelProto Island { get; } = Finish(Start(opset: 11).Constant("axis", [], [1L])
        .Node("Relu", ["x"], ["r"], "relu").Node("CumSum", ["r", "axis"], ["a"], "sum").Node("Neg", ["a"], ["b"], "neg").Node("CumSum", ["b", "axis"], ["c"], "sum_again")
        .Node("Abs", ["c"], ["y"], "abs"));

    public static IReadOnlyDictionary<string, ModelProto> All { get; } = new Dictionary<string, ModelProto>
    {
        [nameof(Chain)] = Chain,
        [nameof(Shared)] = Shared,
        [nameof(OldFormat)] = OldFormat,
        [nameof(InitializerAsOutput)] = InitializerAsOutput,
        [nameof(Collisions)] = Collisions,
        [nameof(ConstantNodes)] = ConstantNodes,
        [nameof(Branches)] = Branches,
        [nameof(Loop)] = Loop,
        [nameof(UntypedBody)] = UntypedBody,
        [nameof(Shadows)] = Shadows,
        [nameof(OldScan)] = OldScan,
        [nameof(Functions)] = Functions,
        [nameof(Mixed)] = Mixed,
        [nameof(HalfInput)] = HalfInput,
        [nameof(Quantized)] = Quantized,
        [nameof(Positions)] = Positions,
        [nameof(Extremes)] = Extremes,
        [nameof(Normalization)] = Normalization,
        [nameof(Selection)] = Selection,
        [nameof(Island)] = Island,
    };

    public static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => ((i * 37) % 101 / 101f) - 0.5f)];

    public static OnnxModel Start(int opset = 13) => new OnnxModel("model", opset).Input("x", OnnxType.Float32, 2, 64).Output("y", OnnxType.Float32, 2, 64);

    public static ModelProto Finish(OnnxModel model) => ModelProto.Parser.ParseFrom(model.ToBytes());

    private static void Fill(long offset, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ((offset + i) * 37 % 101 / 101f) - 0.5f;
        }
    }

    private static ModelProto MakeOldFormat()
    {
        ModelProto model = Finish(new OnnxModel("old", opset: 8).Input("x", OnnxType.Float32, 2, 64).Output("y", OnnxType.Float32, 2, 64).Output("e", OnnxType.Float32, 64)
            .Input("w", OnnxType.Float32, 64).Input("v", OnnxType.Float32, 64).Constant("w", [64], Numbers(64)).Constant("v", [64], [.. Enumerable.Repeat(1f, 64)])
            .Node("Constant", [], ["large"], attributes: [Tensor("value", FloatTensor([64, 64], Numbers(Large)))]).Node("MatMul", ["x", "large"], ["p"])
            .Node("BatchNormalization", ["p", "w", "w", "w", "v"], ["n"]).Node("Mul", ["n", "w"], ["y"]).Node("Exp", ["w"], ["e"]));
        model.IrVersion = 3;
        return model;
    }

    private static ModelProto MakeFunctions()
    {
        ModelProto model = Finish(Start(opset: 15).Constant("w", [64], Numbers(64))
            .Node("Scale", ["x", "w"], ["a"], "outer", domain: "mine", attributes: [OnnxAttributes.Float("alpha", 0.25f)])
            .Node("Scale", ["a", "w"], ["y"], "second", domain: "mine"));
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "mine", Version = 1 });
        OperatorSetIdProto[] imports = [new() { Domain = "", Version = 15 }, new() { Domain = "mine", Version = 1 }];
        NodeProto leaky = Node("LeakyRelu", ["t"], ["r"], "leaky");
        leaky.Attribute.Add(new AttributeProto { Name = "alpha", RefAttrName = "alpha", Type = AttributeProto.Types.AttributeType.Float });
        model.Functions.Add(new FunctionProto
        {
            Name = "Scale",
            Domain = "mine",
            Input = { "a", "b" },
            Output = { "r" },
            Attribute = { "alpha" },
            Node = { Node("Twice", ["a", "b"], ["t"], "twice", domain: "mine"), leaky },
            OpsetImport = { imports },
        });
        model.Functions.Add(new FunctionProto
        {
            Name = "Twice",
            Domain = "mine",
            Input = { "a", "b" },
            Output = { "s" },
            Node = { Node("Mul", ["a", "b"], ["t"], "mul"), Node("Add", ["t", "t"], ["s"], "add") },
            OpsetImport = { imports },
        });
        return model;
    }

    private static TensorProto FloatTensor(long[] shape, float[] values) => new() { DataType = (int)OnnxType.Float32, Dims = { shape }, FloatData = { values } };

    private static AttributeProto Tensor(string name, TensorProto tensor) => new() { Name = name, T = tensor, Type = AttributeProto.Types.AttributeType.Tensor };

    public static AttributeProto Body(string name, GraphProto graph) => new() { Name = name, G = graph, Type = AttributeProto.Types.AttributeType.Graph };

    public static GraphProto Graph(string name, ValueInfoProto[] inputs, string[] outputs, params NodeProto[] nodes) =>
        new() { Name = name, Input = { inputs }, Output = { outputs.Select(o => Value(o, o == "go_on" ? OnnxType.Bool : OnnxType.Float32)) }, Node = { nodes } };

    private static ValueInfoProto Value(string name, OnnxType type) => new() { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } } };

    public static NodeProto Node(string operation, string[] inputs, string[] outputs, string name, params AttributeProto[] attributes) =>
        new() { OpType = operation, Input = { inputs }, Output = { outputs }, Name = name, Attribute = { attributes } };

    private static NodeProto Node(string operation, string[] inputs, string[] outputs, string name, string domain) =>
        new() { OpType = operation, Input = { inputs }, Output = { outputs }, Name = name, Domain = domain };
}
