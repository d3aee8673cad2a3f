namespace Pinion.Onnx;

/// <summary>A graph of a model, or of a node's body, with the types of all its values.</summary>
internal sealed class ModelGraph
{
    /// <summary>At this opset a Scan has lengths before its states.</summary>
    private const long FirstOfScan = 8;

    private readonly ModelGraph? _outer;
    private readonly long _opset;
    private readonly Dictionary<string, GraphValue> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ValueInfoProto> _declared = new(StringComparer.Ordinal);

    /// <summary>Reads the graph of a model.</summary>
    public ModelGraph(GraphProto proto, long opset)
        : this(proto, opset, outer: null, path: "", [])
    {
    }

    private ModelGraph(GraphProto proto, long opset, ModelGraph? outer, string path, IReadOnlyList<GraphValue?> given)
    {
        Proto = proto;
        Path = path;
        _outer = outer;
        _opset = opset;
        foreach (ValueInfoProto info in proto.ValueInfo.Concat(proto.Output))
        {
            _declared[info.Name] = info;
        }

        foreach (TensorProto initializer in proto.Initializer)
        {
            Add(new GraphValue(initializer.Name, (OnnxType)initializer.DataType, isTensor: true, this) { Constant = initializer, Origin = ValueOrigin.Constant });
        }

        // Old files list weights among the inputs too.
        ValueInfoProto[] inputs = [.. proto.Input.Where(i => !_values.ContainsKey(i.Name))];
        Inputs = [.. inputs.Select((info, i) =>
        {
            (OnnxType type, bool isTensor) = TypeOf(info) is { Type: not OnnxType.Undefined } said ? said
                : i < given.Count && given[i] is { } value ? (value.Type, value.IsTensor) : (OnnxType.Undefined, true);
            return Add(new GraphValue(info.Name, type, isTensor, this));
        })];
        Nodes = [.. proto.Node.Select(Read)];
        Outputs = [.. proto.Output.Select(o => Find(o.Name) ?? throw new InvalidDataException(
            $"{(path.Length > 0 ? $"the graph in {path}" : "the model")} has an output '{o.Name}', which no node of it makes"))];
    }

    public GraphProto Proto { get; }

    /// <summary>The nodes around it, each with a slash at the end; empty for the model's own graph.</summary>
    public string Path { get; }

    public bool IsBody => _outer is not null;

    /// <summary>The inputs that are not weights.</summary>
    public IReadOnlyList<GraphValue> Inputs { get; }

    public IReadOnlyList<GraphValue> Outputs { get; }

    /// <summary>The type in which each output is given.</summary>
    public OnnxType[] OutputWants => field ??= new OnnxType[Outputs.Count];

    /// <summary>The type in which a value is given that is an output.</summary>
    public OnnxType TypeOfOutput(GraphValue output) => OutputWants[Outputs.TakeWhile(o => o != output).Count()];

    public IReadOnlyList<GraphNode> Nodes { get; }

    public IEnumerable<GraphValue> Values => _values.Values;

    /// <summary>All nodes, those of bodies too.</summary>
    public IEnumerable<GraphNode> AllNodes => Nodes.SelectMany(n => n.Bodies.SelectMany(b => b.AllNodes).Prepend(n));

    /// <summary>A value of this graph or of one around it.</summary>
    public GraphValue? Find(string name) => _values.GetValueOrDefault(name) ?? _outer?.Find(name);

    /// <summary>Whether a graph around this one has a value of that name, too.</summary>
    public bool Shadows(string name) => _outer?.Find(name) is not null;

    private static (OnnxType Type, bool IsTensor) TypeOf(ValueInfoProto info) => info.Type switch
    {
        { TensorType: { } tensor } => ((OnnxType)tensor.ElemType, true),
        { SequenceType.ElemType.TensorType: { } tensor } => ((OnnxType)tensor.ElemType, false),
        { OptionalType.ElemType.TensorType: { } tensor } => ((OnnxType)tensor.ElemType, false),
        null => (OnnxType.Undefined, true),
        _ => (OnnxType.Undefined, false),
    };

    private GraphValue Add(GraphValue value) => _values.TryAdd(value.Name, value)
        ? value
        : throw new InvalidDataException($"value '{value.Name}' is made twice{(IsBody ? $" in {Path}" : "")}");

    private GraphNode Read(NodeProto proto, int index)
    {
        string label = $"{Path}{(proto.Name.Length > 0 ? proto.Name : $"{proto.OpType} {index}")}";
        GraphValue?[] inputs = [.. proto.Input.Select(name => name.Length == 0 ? null : Find(name) ?? throw new InvalidDataException(
            $"node '{label}' reads '{name}', which no input, weight or earlier node is: the nodes are not sorted, form a cycle, or one is missing"))];
        var bodies = new List<ModelGraph>();
        foreach (GraphProto body in OnnxNode.Bodies(proto))
        {
            bodies.Add(new ModelGraph(body, _opset, this, $"{label}/", GivenToBody(proto, inputs)));
        }

        var node = new GraphNode(proto, this, index, _opset) { Inputs = inputs, Bodies = bodies };
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i]?.Uses.Add((node, i));
        }

        TensorProto? constant = ConstantOf(node);
        node.Outputs = [.. proto.Output.Select((name, i) =>
        {
            if (name.Length == 0)
            {
                return null;
            }

            (OnnxType type, bool isTensor) = OutputType(node, i);
            if (type == OnnxType.Undefined && _declared.TryGetValue(name, out ValueInfoProto? info))
            {
                (type, isTensor) = TypeOf(info);
            }

            return Add(new GraphValue(name, type, isTensor, this)
            {
                Producer = node,
                Constant = constant,
                Origin = constant is null ? ValueOrigin.Activation : ValueOrigin.Constant,
            });
        })];
        return node;
    }

    /// <summary>What a body's inputs are where the body does not say it.</summary>
    private GraphValue?[] GivenToBody(NodeProto proto, GraphValue?[] inputs) => proto.OpType switch
    {
        "Scan" when _opset == FirstOfScan => inputs[1..],
        "Loop" or "Scan" => inputs,
        _ => [],
    };

    /// <summary>The tensor of a Constant node of floats; others stay as they are.</summary>
    private static TensorProto? ConstantOf(GraphNode node)
    {
        if (node.Operator != "Constant" || node.Types is null)
        {
            return null;
        }

        if (node.Attribute("value")?.T is { } tensor)
        {
            tensor.Name = node.Proto.Output.FirstOrDefault() ?? "";
            return tensor;
        }

        float[]? floats = node.Attribute("value_float") is { } one ? [one.F] : node.Attribute("value_floats") is { } several ? [.. several.Floats] : null;
        if (floats is null)
        {
            return null;
        }

        var made = new TensorProto { Name = node.Proto.Output.FirstOrDefault() ?? "", DataType = (int)OnnxType.Float32, FloatData = { floats } };
        if (node.Attribute("value_floats") is not null)
        {
            made.Dims.Add(floats.Length);
        }

        return made;
    }

    private static (OnnxType Type, bool IsTensor) OutputType(GraphNode node, int output)
    {
        OnnxType Of(int input) => input < node.Inputs.Count && node.Inputs[input] is { } value ? value.Type : OnnxType.Undefined;
        OnnxType Said(string attribute, OnnxType absent) => node.Attribute(attribute) is { } said ? (OnnxType)said.I : absent;
        if (node.Types is not { } types)
        {
            return (OnnxType.Undefined, true);
        }

        switch (node.Operator)
        {
            case "Cast":
                return (Said("to", OnnxType.Undefined), true);
            case "Constant":
                return (ConstantOf(node) is { } constant ? (OnnxType)constant.DataType
                    : node.Attribute("value_int") is not null || node.Attribute("value_ints") is not null ? OnnxType.Int64
                    : node.Attribute("value_string") is not null || node.Attribute("value_strings") is not null ? OnnxType.String : OnnxType.Undefined, true);
            case "ConstantOfShape":
                return (node.Attribute("value")?.T is { } value ? (OnnxType)value.DataType : OnnxType.Float32, true);
            case "RandomNormal" or "RandomUniform":
                return (Said("dtype", OnnxType.Float32), true);
            case "RandomNormalLike" or "RandomUniformLike" or "EyeLike" or "Bernoulli":
                return (Said("dtype", Of(0)), true);
            case "Multinomial":
                return (Said("dtype", OnnxType.Int32), true);
            case "HannWindow" or "HammingWindow" or "BlackmanWindow" or "MelWeightMatrix":
                return (Said("output_datatype", OnnxType.Float32), true);
            case "QuantizeLinear":
                return (Of(2) is var zero and not OnnxType.Undefined ? zero : Said("output_dtype", OnnxType.UInt8), true);
            case "LayerNormalization" when output > 0:
                return (Said("stash_type", OnnxType.Float32), true);
            case "SequenceEmpty":
                return (Said("dtype", OnnxType.Float32), false);
            case "SequenceConstruct" or "SplitToSequence" or "SequenceInsert" or "SequenceErase":
                return (Of(0), false);
            case "SequenceAt" or "ConcatFromSequence" or "OptionalGetElement":
                return (Of(0), true);
            case "Optional":
                return (Of(0), false);
            case "SequenceMap":
                return (node.Bodies is [var map] && output < map.Outputs.Count ? map.Outputs[output].Type : OnnxType.Undefined, false);
            case "If":
                return node.Bodies is [var branch, ..] && output < branch.Outputs.Count
                    ? (branch.Outputs[output].Type, branch.Outputs[output].IsTensor) : (OnnxType.Undefined, true);
            case "Loop":
                return node.Bodies is [var loop] && output + 1 < loop.Outputs.Count
                    ? (loop.Outputs[output + 1].Type, loop.Outputs[output + 1].IsTensor) : (OnnxType.Undefined, true);
            case "Scan":
                return node.Bodies is [var scan] && output < scan.Outputs.Count ? (scan.Outputs[output].Type, true) : (OnnxType.Undefined, true);
            default:
                break;
        }

        if (types.Output(output) is not { } word)
        {
            return (OnnxType.Undefined, true);
        }

        if (OperatorTypes.FixedType(word) is { } known)
        {
            return (known, true);
        }

        for (int i = 0; i < node.Inputs.Count; i++)
        {
            if (types.Input(i) == word && node.Inputs[i] is { Type: not OnnxType.Undefined } bound)
            {
                return (bound.Type, bound.IsTensor);
            }
        }

        return (OnnxType.Undefined, true);
    }
}
