namespace Pinion.Fp16.Tests;

/// <summary>A model that FP16 as such gets wrong.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Model">The model. Nodes are called after what they make.</param>
/// <param name="MostKept">How many nodes suffice in FP32 for what is measured.</param>
internal sealed record GuardModel(string Name, OnnxModel Model, int MostKept)
{
    private const int Width = 64;

    /// <summary>The kinds that are known from practice.</summary>
    public static IReadOnlyList<GuardModel> All { get; } =
    [
        new("layer-norm-overflow", Normalization(scale: 600, shift: 0), 3),
        new("layer-norm-overflow-of-the-sum", Sums(), 2),
        new("mean-of-large-values", Normalization(scale: 1, shift: 3000), 9),
        new("variance-as-difference-of-squares", Squares(), 6),
        new("residual-beyond-range", Residual(), 5),
        new("softmax-of-large-scores", Scores(), 2),
        new("mask-of-minus-1e9", Mask(), 1),
        new("small-norm", SmallNorm(), 4),
        new("deep-sum", DeepSum(), 2),
        new("many-small-steps", SmallSteps(), 42),
        new("loop-that-doubles", Loop(), 3),
        new("branch-that-overflows", Branch(), 3),
        new("product-of-small-values", SmallProduct(), 2),
        new("exponential", Exponential(), 3),
    ];

    public override string ToString() => Name;

    public string Save(string path) => Model.Save(path);

    private static OnnxModel Start(params ReadOnlySpan<long> shape)
    {
        TensorShapeProto.Types.Dimension[] dims = [.. shape.ToArray().Select(d => (TensorShapeProto.Types.Dimension)d)];
        return new OnnxModel("guard", opset: 17).Input("x", OnnxType.Float32, dims);
    }

    private static OnnxModel Finish(OnnxModel model) => model.Output("y", OnnxType.Float32);

    /// <summary>Nodes that are called after what they make.</summary>
    private static OnnxModel Then(OnnxModel model, string operation, string output, string[] inputs, params AttributeProto[] attributes) =>
        model.Node(operation, inputs, [output], $"node {output}", attributes: attributes);

    internal static AttributeProto Last => OnnxAttributes.Ints("axes", -1);

    private static float[] Weights(int count, float scale) =>
        [.. Enumerable.Range(0, count).Select(i => scale * ((float)((((long)i * 7919) + 13) % 1009) / 504.5f - 1))];

    private static OnnxModel Normalization(float scale, float shift)
    {
        OnnxModel model = Start(4, Width).Constant("w", [Width, Width], Weights(Width * Width, 1)).Constant("scale", [], [scale]).Constant("shift", [], [shift])
            .Constant("eps", [], [1e-3f]).Constant("two", [], [2f]);
        Then(model, "MatMul", "a", ["x", "w"]);
        Then(model, "Mul", "b", ["a", "scale"]);
        Then(model, "Add", "c", ["b", "shift"]);
        Then(model, "ReduceMean", "m", ["c"], Last);
        Then(model, "Sub", "d", ["c", "m"]);
        Then(model, "Pow", "p", ["d", "two"]);
        Then(model, "ReduceMean", "v", ["p"], Last);
        Then(model, "Add", "e", ["v", "eps"]);
        Then(model, "Sqrt", "q", ["e"]);
        Then(model, "Div", "n", ["d", "q"]);
        return Finish(Then(model, "MatMul", "y", ["n", "w"]));
    }

    private static OnnxModel Sums()
    {
        OnnxModel model = Start(4, 1024).Constant("scale", [], [100f]).Constant("small", [], [1e-3f]).Constant("axis", [1], [-1L]);
        Then(model, "Mul", "a", ["x", "scale"]);
        Then(model, "Mul", "s", ["a", "a"]);
        Then(model, "ReduceSum", "r", ["s", "axis"]);
        Then(model, "Mul", "t", ["r", "small"]);
        return Finish(Then(model, "Sqrt", "y", ["t"]));
    }

    private static OnnxModel Squares()
    {
        OnnxModel model = Start(4, Width).Constant("w", [Width, Width], Weights(Width * Width, 1)).Constant("shift", [], [30f]);
        Then(model, "MatMul", "a", ["x", "w"]);
        Then(model, "Add", "b", ["a", "shift"]);
        Then(model, "ReduceMean", "m", ["b"], Last);
        Then(model, "Mul", "mm", ["m", "m"]);
        Then(model, "Mul", "s", ["b", "b"]);
        Then(model, "ReduceMean", "ms", ["s"], Last);
        return Finish(Then(model, "Sub", "y", ["ms", "mm"]));
    }

    private static OnnxModel Residual()
    {
        OnnxModel model = Start(4, Width).Constant("w", [Width, Width], Weights(Width * Width, 1)).Constant("scale", [], [30_000f]).Constant("small", [], [1e-4f]);
        Then(model, "Mul", "a", ["x", "scale"]);
        Then(model, "MatMul", "b", ["a", "w"]);
        Then(model, "Add", "c", ["a", "b"]);
        Then(model, "MatMul", "d", ["c", "w"]);
        Then(model, "Add", "e", ["c", "d"]);
        Then(model, "Mul", "f", ["e", "small"]);
        return Finish(Then(model, "Tanh", "y", ["f"]));
    }

    private static OnnxModel Scores()
    {
        OnnxModel model = Start(1, 8, Width).Constant("scale", [], [100f]);
        Then(model, "Mul", "a", ["x", "scale"]);
        Then(model, "Transpose", "t", ["a"], OnnxAttributes.Ints("perm", 0, 2, 1));
        Then(model, "MatMul", "q", ["a", "t"]);
        Then(model, "Softmax", "s", ["q"], OnnxAttributes.Int("axis", -1));
        return Finish(Then(model, "MatMul", "y", ["s", "x"]));
    }

    private static OnnxModel Mask()
    {
        OnnxModel model = Start(1, 8, 8).Constant("one", [], [1f]).Constant("big", [], [-1e9f]);
        Then(model, "Relu", "k", ["x"]);
        Then(model, "Sub", "i", ["one", "k"]);
        Then(model, "Mul", "m", ["i", "big"]);
        Then(model, "Add", "s", ["x", "m"]);
        return Finish(Then(model, "Softmax", "y", ["s"], OnnxAttributes.Int("axis", -1)));
    }

    private static OnnxModel SmallNorm()
    {
        OnnxModel model = Start(4, Width).Constant("small", [], [2e-4f]).Constant("axis", [1], [-1L]);
        Then(model, "Mul", "a", ["x", "small"]);
        Then(model, "Mul", "q", ["a", "a"]);
        Then(model, "ReduceSum", "z", ["q", "axis"]);
        Then(model, "Sqrt", "r", ["z"]);
        return Finish(Then(model, "Div", "y", ["a", "r"]));
    }

    private static OnnxModel DeepSum()
    {
        OnnxModel model = Start(1, 200_000).Constant("one", [], [1f]).Constant("axis", [1], [-1L]);
        Then(model, "Add", "a", ["x", "one"]);
        Then(model, "ReduceSum", "s", ["a", "axis"]);
        return Finish(Then(model, "Sqrt", "y", ["s"]));
    }

    private static OnnxModel SmallSteps()
    {
        OnnxModel model = Start(Width).Constant("step", [], [0.2f]).Constant("large", [], [2000f]);
        Then(model, "Add", "b0", ["x", "large"]);
        for (int i = 1; i <= 40; i++)
        {
            Then(model, "Add", $"b{i}", [$"b{i - 1}", "step"]);
        }

        return Finish(Then(model, "Sub", "y", ["b40", "large"]));
    }

    private static OnnxModel Loop()
    {
        OnnxModel model = Start(4).Constant("times", [], [20L]).Constant("two", [], [2f]).Constant("small", [], [1e-6f]);
        var body = new GraphProto
        {
            Name = "body",
            Input = { Value("i", OnnxType.Int64), Value("go", OnnxType.Bool), Value("state", OnnxType.Float32) },
            Output = { Value("on", OnnxType.Bool), Value("next", OnnxType.Float32) },
            Node =
            {
                new NodeProto { OpType = "Identity", Name = "condition", Input = { "go" }, Output = { "on" } },
                new NodeProto { OpType = "Mul", Name = "double", Input = { "state", "two" }, Output = { "next" } },
            },
        };
        Then(model, "Loop", "z", ["times", "", "x"], Body("body", body));
        return Finish(Then(model, "Mul", "y", ["z", "small"]));
    }

    private static OnnxModel Branch()
    {
        OnnxModel model = Start(4).Constant("scale", [], [1e5f / 2]).Constant("small", [], [1e-5f]).Constant("limit", [], [-100f]).Constant("axis", [1], [0L]);
        Then(model, "ReduceSum", "s", ["x", "axis"], OnnxAttributes.Int("keepdims", 0));
        Then(model, "Greater", "c", ["s", "limit"]);
        static GraphProto Graph(string name, params NodeProto[] nodes) => new() { Name = name, Output = { Value(nodes[^1].Output[0], OnnxType.Float32) }, Node = { nodes } };
        Then(model, "If", "z", ["c"],
            Body("then_branch", Graph(
                "then",
                new NodeProto { OpType = "Mul", Name = "large", Input = { "x", "scale" }, Output = { "t1" } },
                new NodeProto { OpType = "Add", Name = "larger", Input = { "t1", "scale" }, Output = { "t2" } },
                new NodeProto { OpType = "Mul", Name = "small again", Input = { "t2", "small" }, Output = { "t3" } })),
            Body("else_branch", Graph("else", new NodeProto { OpType = "Neg", Name = "negative", Input = { "x" }, Output = { "e" } })));
        return Finish(Then(model, "Tanh", "y", ["z"]));
    }

    private static OnnxModel SmallProduct()
    {
        OnnxModel model = Start(4, Width).Constant("small", [], [1e-4f]).Constant("large", [], [60_000f]);
        Then(model, "Mul", "a", ["x", "small"]);
        Then(model, "Mul", "b", ["a", "small"]);
        Then(model, "Mul", "c", ["b", "large"]);
        return Finish(Then(model, "Mul", "y", ["c", "large"]));
    }

    private static OnnxModel Exponential()
    {
        OnnxModel model = Start(4, Width).Constant("scale", [], [14f]).Constant("one", [], [1f]);
        Then(model, "Mul", "a", ["x", "scale"]);
        Then(model, "Exp", "e", ["a"]);
        Then(model, "Add", "f", ["e", "one"]);
        return Finish(Then(model, "Log", "y", ["f"]));
    }

    internal static ValueInfoProto Value(string name, OnnxType type) =>
        new() { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } } };

    internal static AttributeProto Body(string name, GraphProto graph) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Graph, G = graph };
}
