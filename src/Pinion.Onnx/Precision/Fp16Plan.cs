using System.IO.Enumeration;

namespace Pinion.Onnx;

/// <summary>Decides for every node whether it becomes FP16, and in which type it reads its inputs.</summary>
internal sealed partial class Fp16Plan
{
    /// <summary>From here on a float rounds to infinity: half a step above FP16's largest, 65504.</summary>
    public const float Overflow = 65520;

    /// <summary>Up to here it rounds to zero: half of FP16's smallest.</summary>
    public const float Underflow = 1.0f / (1 << 25);

    private const string OwnFp32 = "the model casts to FP32 for it, and back to FP16 after it";
    private const string FromIntegers = "computed from whole numbers alone, as sizes and positions are: FP16 is not exact beyond 2048";
    private const string FromConstants = "computed from constants alone, once and not at run time";
    private const string Quantized = "part of a quantized pattern, whose floats are FP32";

    private readonly ConstantFloats _constants;
    private readonly Fp16Options _options;
    private readonly HashSet<GraphNode> _endsInHalf = [];
    private readonly HashSet<GraphNode> _endsQuantized = [];

    private Fp16Plan(ConstantFloats constants, Fp16Options options) => (_constants, _options) = (constants, options);

    /// <summary>Decides for the nodes of a model's graph and of the bodies in it, and writes it down in them.</summary>
    /// <exception cref="ArgumentException">A pattern matches no node, or there is no node of a name that is to be kept.</exception>
    /// <exception cref="InvalidDataException">The data of a weight cannot be found.</exception>
    public static void Decide(ModelGraph graph, ConstantFloats constants, Fp16Options options)
    {
        var plan = new Fp16Plan(constants, options);
        plan.CheckNames(graph);
        foreach (GraphValue input in graph.Inputs.Where(i => options.HalfInputsAndOutputs && i.IsFloat32))
        {
            input.Native = OnnxType.Float16;
        }

        plan.Decide(graph);

        foreach (GraphNode node in graph.AllNodes)
        {
            ChooseForReader(node);
        }

        for (int i = 0; i < graph.Outputs.Count; i++)
        {
            graph.Outputs[i].IsModelOutput = true;
            graph.OutputWants[i] = graph.Outputs[i].IsFloat32 ? options.HalfInputsAndOutputs ? OnnxType.Float16 : OnnxType.Float32 : OnnxType.Undefined;
        }
    }

    public static string Label(GraphNode node) => node.Graph.Path + node.Name;

    /// <summary>Where a value is to be found in a type: a Cast that the model has itself may have become needless.</summary>
    public static (GraphValue Value, OnnxType Type) Resolve(GraphValue value, OnnxType wanted)
    {
        while (value.Alias is { } source)
        {
            if (value.Type == OnnxType.Float16)
            {
                wanted = OnnxType.Float16;
            }
            else if (source.Type == OnnxType.Float16 && wanted == OnnxType.Float32)
            {
                break;
            }

            value = source;
        }

        return (value, wanted == OnnxType.Undefined ? value.Native : wanted);
    }

    private void Decide(ModelGraph graph)
    {
        FindPatterns(graph);
        foreach (GraphNode node in graph.Nodes)
        {
            node.Precision = NodePrecision.Unchanged;
            node.Reason = "";
            node.Folded = null;
            Array.Clear(node.Wants);
            foreach (GraphValue output in node.Outputs.OfType<GraphValue>())
            {
                output.Native = output.Type;
                output.Alias = null;
                output.Extreme = null;
                output.IsDeliberate = output.IsDequantized = false;
                output.Origin = OriginOf(node);
                output.Magnitude = output.Constant is null ? MovedMagnitude(node) : output.Magnitude;
            }

            string? selected = Selection(node);
            if (node.Bodies.Count > 0)
            {
                DecideControl(node, selected);
            }
            else if (node.Operator == "Cast" && node.Types is not null)
            {
                DecideCast(node, selected);
            }
            else if (!node.Outputs.Any(o => o?.Constant is not null))
            {
                DecidePlain(node, selected);
            }
        }

        Fp32Islands.Merge(graph);
    }

    /// <summary>Which FP32 parts of the model are its author's: between casts up from FP16 and down to it, or up to a QuantizeLinear.</summary>
    private void FindPatterns(ModelGraph graph)
    {
        var outputs = graph.Outputs.ToHashSet();
        bool EndsIn(GraphNode node, HashSet<GraphNode> ends, Func<GraphNode, bool> isEnd)
        {
            GraphValue[] floats = [.. node.Outputs.OfType<GraphValue>().Where(o => o.IsFloat32)];
            return floats.Length > 0 && floats.All(o => o.Uses.Count > 0 && !outputs.Contains(o) && o.Uses.All(u => isEnd(u.Node) || ends.Contains(u.Node)));
        }

        foreach (GraphNode node in graph.Nodes.Reverse())
        {
            if (EndsIn(node, _endsInHalf, n => n.Operator == "Cast" && n.Outputs is [{ Type: OnnxType.Float16 }]))
            {
                _endsInHalf.Add(node);
            }

            if (EndsIn(node, _endsQuantized, n => n.Operator == "QuantizeLinear"))
            {
                _endsQuantized.Add(node);
            }
        }
    }

    private static ValueOrigin OriginOf(GraphNode node)
    {
        GraphValue[] inputs = [.. node.Inputs.OfType<GraphValue>()];
        if (node.Outputs.Any(o => o?.Constant is not null) || (inputs.Length > 0 && node.Bodies.Count == 0 && node.Types is not null && inputs.All(i => i.Origin == ValueOrigin.Constant)))
        {
            return ValueOrigin.Constant;
        }

        if (node.Operator is "Cast" or "CastLike" && inputs is [var source, ..])
        {
            return source.Type is OnnxType.Int64 or OnnxType.UInt64 or OnnxType.Int32 or OnnxType.UInt32 or OnnxType.Int16 or OnnxType.UInt16
                ? ValueOrigin.Integers : source.Origin;
        }

        if (OperatorKinds.Repeats(node.Operator) && inputs is [{ IsFloat32: true } repeated, ..])
        {
            return repeated.Origin;
        }

        GraphValue[] floats = [.. inputs.Where(i => i.IsFloat32)];
        // A product with a vector of frequencies makes angles of positions; one with a matrix is a layer whose features are whole numbers.
        bool counts = OperatorKinds.IsLight(node.Operator) || OperatorKinds.Sums(node.Operator) || node.Operator == "Range"
            || (node.Operator is "MatMul" or "Einsum" && floats.All(f => f.Origin == ValueOrigin.Integers || IsVector(f)));
        return counts && floats.Any(f => f.Origin == ValueOrigin.Integers) && floats.All(f => f.Origin != ValueOrigin.Activation) ? ValueOrigin.Integers : ValueOrigin.Activation;
    }

    /// <summary>Whether it is an integer product before its scale, which is far beyond FP16.</summary>
    private static bool IsAccumulator(GraphValue value) =>
        value.Producer is { Operator: "Cast", Inputs: [{ Producer.Operator: "MatMulInteger" or "ConvInteger" }, ..] };

    /// <summary>Whether a constant, behind what repeats it, has one dimension that is more than one element.</summary>
    private static bool IsVector(GraphValue value)
    {
        while (value is { Constant: null, Producer: { Inputs: [{ } repeated, ..] } producer } && OperatorKinds.Repeats(producer.Operator))
        {
            value = repeated;
        }

        return value.Constant is { } tensor && tensor.Dims.Count(d => d > 1) <= 1;
    }

    private void DecidePlain(GraphNode node, string? selected)
    {
        GraphValue[] inputs = [.. node.Inputs.OfType<GraphValue>()];
        bool makesFloats = node.Outputs.Any(o => o is { IsFloat32: true });
        if (!makesFloats && !inputs.Any(i => i.IsFloat32))
        {
            return;
        }

        if ((selected ?? ReasonToKeep(node, inputs)) is { } reason)
        {
            Keep(node, reason, changes: makesFloats || node.Outputs.Any(o => o is { Type: OnnxType.Undefined }));
        }
        else if (makesFloats)
        {
            Convert(node);
        }
        else
        {
            // ChooseForReader says in which type, when the types of all values are known.
            node.Reason = "makes no floats";
        }
    }

    private string? ReasonToKeep(GraphNode node, GraphValue[] inputs)
    {
        if (node.Types is not { } types)
        {
            return node.Proto.Domain is "" or "ai.onnx" ? "no operator of ONNX at this opset" : $"an operator of {node.Proto.Domain}, whose types are not known";
        }

        if (inputs.Any(i => i.Type == OnnxType.Undefined) || node.Outputs.Any(o => o is { Type: OnnxType.Undefined }))
        {
            return "reads or makes a value whose type the model does not say";
        }

        if (inputs.Concat(node.Outputs.OfType<GraphValue>()).Any(v => !v.IsTensor))
        {
            return "reads or makes a sequence";
        }

        if (node.Operator is "QuantizeLinear" or "DequantizeLinear")
        {
            foreach (GraphValue output in node.Outputs.OfType<GraphValue>())
            {
                output.IsDequantized = node.Operator == "DequantizeLinear";
            }

            return Quantized;
        }

        GraphValue[] floats = [.. inputs.Where(i => i.IsFloat32)];
        if (OperatorKinds.KeepsFp32(node))
        {
            return $"{node.Operator} is computed in FP32";
        }

        if (!IsHalf(node, types).Any())
        {
            return $"{node.Operator} has no FP16 form at this opset";
        }

        if (floats.Any(i => i.IsDeliberate) && _endsInHalf.Contains(node))
        {
            Mark(node, deliberate: true);
            return OwnFp32;
        }

        GraphValue[] computed = [.. floats.Where(i => i.Origin != ValueOrigin.Constant)];
        if (computed.Length > 0 && computed.All(i => i.IsDequantized))
        {
            foreach (GraphValue output in node.Outputs.OfType<GraphValue>())
            {
                output.IsDequantized = _endsQuantized.Contains(node);
            }

            return Quantized;
        }

        if (computed.Any(IsAccumulator))
        {
            return Quantized;
        }

        switch (OriginOf(node))
        {
            case ValueOrigin.Integers:
                return FromIntegers;
            case ValueOrigin.Constant when !OperatorKinds.Moves(node.Operator):
                return FromConstants;
            default:
                break;
        }

        if (OperatorKinds.Selects(node.Operator) && computed.Any(i => i.Native == OnnxType.Float32))
        {
            return "its input is FP32, and rounding it could change which elements are chosen";
        }

        return ExtremeReason(node) ?? RangeReason(node, types);
    }

    private void DecideCast(GraphNode node, string? selected)
    {
        if (node.Inputs is not [{ } source, ..] || node.Outputs is not [{ } output])
        {
            return;
        }

        if (source is { Type: OnnxType.Float32 or OnnxType.Float16, IsTensor: true } && (output.Type == OnnxType.Float16 || source.Type == output.Type))
        {
            output.Alias = source;
            output.Native = output.Type == OnnxType.Float16 ? OnnxType.Float16 : source.Native;
            (output.Origin, output.IsDeliberate, output.IsDequantized) = (source.Origin, source.IsDeliberate, source.IsDequantized);
            node.Reason = "a cast that conversion makes needless";
        }
        else if (!output.IsFloat32)
        {
            node.Reason = "makes no FP32";
        }
        else if (source.Type == OnnxType.Float16)
        {
            bool isDeliberate = source.Producer is not null && source.Constant is null && _endsInHalf.Contains(node);
            output.Alias = source;
            output.Native = isDeliberate ? OnnxType.Float32 : OnnxType.Float16;
            output.IsDeliberate = isDeliberate;
            (node.Precision, node.Reason) = isDeliberate ? (NodePrecision.Fp32, OwnFp32) : (NodePrecision.Fp16, "a cast that conversion makes needless");
        }
        else if (selected is not null)
        {
            Keep(node, selected);
        }
        else if (output.Origin is ValueOrigin.Integers or ValueOrigin.Constant)
        {
            Keep(node, output.Origin == ValueOrigin.Integers ? FromIntegers : FromConstants);
        }
        else
        {
            node.Precision = NodePrecision.Fp16;
            output.Native = OnnxType.Float16;
        }
    }

    private static bool IsHalf(GraphValue value) => Resolve(value, OnnxType.Undefined) is { Type: OnnxType.Float16, Value.Constant: null };

    private static void Give(GraphValue? output, bool isHalf)
    {
        if (output is { IsFloat32: true })
        {
            output.Native = isHalf ? OnnxType.Float16 : OnnxType.Float32;
        }
    }

    private static void Keep(GraphNode node, string reason, bool changes = true)
    {
        node.Precision = changes ? NodePrecision.Fp32 : NodePrecision.Unchanged;
        node.Reason = reason;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            node.Wants[i] = node.Inputs[i] is { IsFloat32: true } ? OnnxType.Float32 : OnnxType.Undefined;
        }
    }

    private static void Convert(GraphNode node)
    {
        OperatorTypes types = node.Types!;
        node.Precision = NodePrecision.Fp16;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            node.Wants[i] = node.Inputs[i] is not { IsFloat32: true } || (node.Folded is not null && i > 0) ? OnnxType.Undefined
                : Switches(node, types, types.Input(i)) ? OnnxType.Float16 : OnnxType.Float32;
        }

        for (int i = 0; i < node.Outputs.Count; i++)
        {
            Give(node.Outputs[i], Switches(node, types, types.Output(i)));
        }
    }

    /// <summary>A node that makes no floats computes the same in both types, but where a constant must be rounded.</summary>
    private static void ChooseForReader(GraphNode node)
    {
        if (node is not { Precision: NodePrecision.Unchanged, Types: not null, Bodies.Count: 0 } || node.Operator == "Cast" || node.Wants.Any(w => w != OnnxType.Undefined))
        {
            return;
        }

        GraphValue[] computed = [.. node.Inputs.OfType<GraphValue>().Where(i => i.IsFloat32 && i.Origin != ValueOrigin.Constant)];
        OnnxType type = computed.Length > 0 && computed.All(i => Resolve(i, OnnxType.Undefined).Type == OnnxType.Float16) ? OnnxType.Float16 : OnnxType.Float32;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            node.Wants[i] = node.Inputs[i] is { IsFloat32: true } ? type : OnnxType.Undefined;
        }
    }

    private static IEnumerable<string> IsHalf(GraphNode node, OperatorTypes types)
    {
        IEnumerable<string?> inputs = node.Inputs.Select((v, i) => v is { IsFloat32: true } ? types.Input(i) : null);
        IEnumerable<string?> outputs = node.Outputs.Select((v, i) => v is { IsFloat32: true } ? types.Output(i) : null);
        return inputs.Concat(outputs).OfType<string>().Where(w => Switches(node, types, w)).Distinct();
    }

    /// <summary>Whether what an operator's variable stands for becomes FP16 with the node.</summary>
    private static bool Switches(GraphNode node, OperatorTypes types, string? word) => types.TakesHalf(word) && (node.Operator switch
    {
        // Statistics, regions, ratios and indices have variables of their own.
        "BatchNormalization" => word == "T",
        "Resize" => word != "T2",
        "Dropout" => word != "T1",
        "OneHot" => word == "T3",
        "LayerNormalization" => word != "U",
        _ => true,
    });

    private static void Mark(GraphNode node, bool deliberate)
    {
        foreach (GraphValue output in node.Outputs.OfType<GraphValue>())
        {
            output.IsDeliberate = deliberate;
        }
    }

    /// <summary>Why the user's patterns keep a node in FP32.</summary>
    private string? Selection(GraphNode node)
    {
        string? excluded = Matches(node, _options.Exclude);
        string? included = Matches(node, _options.Include);
        return _options.Keep.GetValueOrDefault(Label(node))
            ?? (excluded is not null ? $"excluded by '{excluded}'" : _options.Include.Count > 0 && included is null ? "not included" : null);
    }

    private static string? Matches(GraphNode node, IEnumerable<string> patterns) => patterns.FirstOrDefault(pattern =>
        FileSystemName.MatchesSimpleExpression(pattern, Label(node), ignoreCase: false) || FileSystemName.MatchesSimpleExpression(pattern, node.Operator, ignoreCase: false));

    private void CheckNames(ModelGraph graph)
    {
        GraphNode[] nodes = [.. graph.AllNodes];
        string Examples() => string.Join(", ", nodes.Take(3).Select(n => $"'{Label(n)}' ({n.Operator})"));
        if (_options.Include.Concat(_options.Exclude).FirstOrDefault(p => !nodes.Any(n => Matches(n, [p]) is not null)) is { } pattern)
        {
            throw new ArgumentException($"no node's name or operator matches '{pattern}'; its nodes are, for instance, {Examples()}");
        }

        var labels = nodes.Select(Label).ToHashSet(StringComparer.Ordinal);
        if (_options.Keep.Keys.FirstOrDefault(k => !labels.Contains(k)) is { } missing)
        {
            throw new ArgumentException($"there is no node '{missing}', which is to stay FP32; its nodes are, for instance, {Examples()}");
        }
    }
}
