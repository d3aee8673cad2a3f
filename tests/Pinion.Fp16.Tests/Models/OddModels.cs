namespace Pinion.Fp16.Tests;

/// <summary>Models whose names, bodies and outputs are unusual.</summary>
internal static class OddModels
{
    /// <summary>Branches give values of the name of what the If gives.</summary>
    public static OnnxModel NamesOfBodies { get; } = Branches(
        Graph("z", Node("Mul", "z", "m", "w")),
        Graph("z", Node("Neg", "v", "m"), Node("Identity", "z", "v")));

    /// <summary>Names that a probe would like to give.</summary>
    public static OnnxModel TakenNames { get; } = new OnnxModel(opset: 17).Input("plain/a", OnnxType.Float32, 4).Output("y", OnnxType.Float32)
        .Node("Sin", ["plain/a"], ["a"], "half/a").Node("Cos", ["a"], ["half/y"], "plain/y").Node("Tanh", ["half/y"], ["y"], "t");

    /// <summary>Both branches end in an operator that FP16 has no form of, behind one that overflows.</summary>
    public static OnnxModel Fp32Branches { get; } = Branches(
        Graph("t", Node("Mul", "t0", "m", "large"), Node("Mul", "t1", "t0", "m"), Node("Mul", "t2", "t1", "small"), Node("Celu", "t", "t2")),
        Graph("e", Node("Celu", "e", "m")));

    /// <summary>The difference of squares inside of a branch, the squares outside.</summary>
    public static OnnxModel CapturedDigits { get; } = Squares().Constant("limit", [], [-1e6f])
        .Node("ReduceMax", ["b"], ["r"], "node r", attributes: [OnnxAttributes.Int("keepdims", 0)]).Node("Greater", ["r", "limit"], ["c"], "node c")
        .Node("If", ["c"], ["y"], "node y", attributes: [GuardModel.Body("then_branch", Graph("t", Node("Sub", "t", "ms", "mm"))), GuardModel.Body("else_branch", Graph("e", Node("Neg", "e", "ms")))]);

    /// <summary>The squares go through an operator that FP16 has no form of.</summary>
    public static OnnxModel DigitsBehindFp32 { get; } = Squares().Node("Celu", ["ms"], ["ms2"], "node ms2").Node("Celu", ["mm"], ["mm2"], "node mm2").Node("Sub", ["ms2", "mm2"], ["y"], "node y");

    /// <summary>A sum that stays FP32 between FP32 inputs and becomes FP16 with FP16 ones.</summary>
    public static OnnxModel SumOfInputs { get; } = new OnnxModel(opset: 17).Input("x0", OnnxType.Float32, 4).Input("x1", OnnxType.Float32, 4).Input("x2", OnnxType.Float32, 4).Output("y", OnnxType.Float32)
        .Constant("large", [], [60_000f]).Constant("two", [], [2f]).Constant("small", [], [1e-5f])
        .Node("Add", ["x0", "two"], ["p"], "node p").Node("Mul", ["p", "large"], ["a"], "node a").Node("Sum", ["a", "x1", "x2"], ["b"], "node b").Node("Mul", ["b", "small"], ["y"], "node y");

    /// <summary>An output that is an input, one that is a weight, and whole numbers.</summary>
    public static OnnxModel OddOutputs { get; } = new OnnxModel(opset: 17).Input("x", OnnxType.Float32, 4, 8).Output("x", OnnxType.Float32).Output("w", OnnxType.Float32).Output("i", OnnxType.Int64).Output("y", OnnxType.Float32)
        .Constant("w", [8], [1f, 2, 3, 4, 5, 6, 7, 8]).Node("Mul", ["x", "w"], ["y"], "node y").Node("ArgMax", ["y"], ["i"], "node i", attributes: [OnnxAttributes.Int("axis", 1)]);

    /// <summary>Nothing but whole numbers, whose choice overflows.</summary>
    public static OnnxModel Choice { get; } = new OnnxModel(opset: 17).Input("x", OnnxType.Float32, 8, 16).Output("i", OnnxType.Int64).Constant("large", [], [1000f])
        .Node("Mul", ["x", "large"], ["a"], "node a").Node("Mul", ["a", "a"], ["b"], "node b").Node("ArgMax", ["b"], ["i"], "node i", attributes: [OnnxAttributes.Int("axis", 1)]);

    /// <summary>A dimension of -1, as some exporters write what is dynamic.</summary>
    public static OnnxModel MinusOne { get; } = new OnnxModel(opset: 17).Input("x", OnnxType.Float32, -1, 4).Output("y", OnnxType.Float32).Node("Sin", ["x"], ["y"], "node y");

    /// <summary>A mask of the largest float that there is, beside zeros.</summary>
    public static OnnxModel LargestFloat { get; } = new OnnxModel(opset: 17).Input("x", OnnxType.Float32, 4, 8).Output("y", OnnxType.Float32).Constant("least", [], [float.MinValue]).Constant("ten", [], [10f])
        .Node("Relu", ["x"], ["r"], "node r").Node("Floor", ["r"], ["f"], "node f").Node("Mul", ["f", "least"], ["m"], "node m").Node("Add", ["x", "m"], ["s"], "node s")
        .Node("Softmax", ["s"], ["y"], "node y", attributes: [OnnxAttributes.Int("axis", 1)]);

    /// <summary>Two nodes of one name.</summary>
    public static OnnxModel TwoOfAName { get; } = new OnnxModel(opset: 17).Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32).Constant("large", [], [1000f]).Constant("small", [], [1e-6f])
        .Node("Mul", ["x", "large"], ["a"], "n").Node("Mul", ["a", "a"], ["b"], "n").Node("Mul", ["b", "small"], ["y"], "m");

    private static OnnxModel Squares() => new OnnxModel(opset: 17).Input("x", OnnxType.Float32, 4, 64).Output("y", OnnxType.Float32).Constant("shift", [], [40f])
        .Node("Add", ["x", "shift"], ["b"], "node b").Node("ReduceMean", ["b"], ["m"], "node m", attributes: [GuardModel.Last]).Node("Mul", ["m", "m"], ["mm"], "node mm")
        .Node("Mul", ["b", "b"], ["s"], "node s").Node("ReduceMean", ["s"], ["ms"], "node ms", attributes: [GuardModel.Last]);

    private static OnnxModel Branches(GraphProto then, GraphProto otherwise) => new OnnxModel(opset: 17).Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32)
        .Constant("w", [], [2f]).Constant("large", [], [30_000f]).Constant("small", [], [1e-5f]).Constant("limit", [], [-100f]).Constant("axis", [1], [0L]).Constant("three", [], [3f])
        .Node("Add", ["x", "three"], ["m"], "node m").Node("ReduceSum", ["m", "axis"], ["s"], "node s", attributes: [OnnxAttributes.Int("keepdims", 0)])
        .Node("Greater", ["s", "limit"], ["c"], "node c").Node("If", ["c"], ["z"], "node z", attributes: [GuardModel.Body("then_branch", then), GuardModel.Body("else_branch", otherwise)])
        .Node("Sin", ["z"], ["y"], "node y");

    private static GraphProto Graph(string output, params NodeProto[] nodes) => new()
    {
        Name = "g",
        Output = { GuardModel.Value(output, OnnxType.Float32) },
        Node = { nodes },
    };

    private static NodeProto Node(string operation, string output, params string[] inputs) => new() { OpType = operation, Name = $"inner {output}", Input = { inputs }, Output = { output } };
}
