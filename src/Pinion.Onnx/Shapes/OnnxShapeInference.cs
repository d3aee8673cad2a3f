using Pinion.Zoo.Onnx;

namespace Pinion.Zoo.Counting;

/// <summary>One pass over a graph in its order, which ONNX requires to be a topological one.</summary>
internal sealed class OnnxGraphWalk
{
    private readonly ModelProto _model;
    private readonly OnnxCountOptions _options;
    private readonly GraphProto _graph;
    private readonly long _opset;
    private readonly Dictionary<string, OnnxValue> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<long?>> _declared = new(StringComparer.Ordinal);
    private readonly OnnxWeights _weights = new();
    private readonly List<OnnxNodeReport> _nodes = [];
    private readonly List<OnnxUncounted> _uncounted = [];

    public OnnxGraphWalk(ModelProto model, OnnxCountOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Batch, 1);
        _model = model;
        _options = options;
        _graph = model.Graph;
        _opset = model.OpsetImport.FirstOrDefault(o => o.Domain is "" or "ai.onnx")?.Version ?? 0;
    }

    public OnnxModelReport Report()
    {
        foreach (var initializer in _graph.Initializer)
        {
            _values[initializer.Name] = OnnxTensors.Read(initializer);
            _weights.Declare(initializer.Name, initializer);
        }
        // Old files list weights among the inputs too.
        ValueInfoProto[] inputs = [.. _graph.Input.Where(i => !_values.ContainsKey(i.Name))];
        ReadInputs(inputs);
        foreach (var info in _graph.ValueInfo.Concat(_graph.Output))
        {
            if (Declared(info) is { } shape)
            {
                _declared[info.Name] = shape;
            }
        }
        foreach (var node in _graph.Node)
        {
            Visit(node);
        }
        return new OnnxModelReport
        {
            IrVersion = _model.IrVersion,
            Opset = _opset,
            Producer = $"{_model.ProducerName} {_model.ProducerVersion}".Trim(),
            Metadata = _model.MetadataProps.GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.Last().Value, StringComparer.Ordinal),
            Inputs = [.. inputs.Select(Describe)],
            Outputs = [.. _graph.Output.Select(Describe)],
            Parameters = _weights.Parameters,
            Statistics = _weights.Statistics,
            Tensors = _weights.Tensors,
            Macs = _nodes.Aggregate(default(OnnxMacs), (sum, n) => sum + n.Macs),
            Layers = OnnxLayers.Count(_graph, _values),
            Operators = _graph.Node.GroupBy(n => n.OpType).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal),
            Nodes = _nodes,
            Uncounted = _uncounted,
        };
    }

    private void Visit(NodeProto proto)
    {
        var node = new OnnxNode(proto, [.. proto.Input.Select(name => name.Length == 0 ? null : _values.GetValueOrDefault(name, OnnxValue.Unknown))], _opset);
        if (node.Operator == "Constant" && node.Tensor("value") is { } tensor && proto.Output.Count > 0)
        {
            _weights.Declare(proto.Output[0], tensor);
        }
        var results = OnnxShapes.Infer(node);
        for (int i = 0; i < proto.Output.Count; ++i)
        {
            var value = i < results.Count ? results[i] : OnnxValue.Unknown;
            _values[proto.Output[i]] = value with
            {
                Shape = Merge(value.Shape, _declared.GetValueOrDefault(proto.Output[i])),
                IsConstant = value.IsConstant || node.IsConstant,
            };
        }
        string name = proto.Name.Length > 0 ? proto.Name : proto.Output.FirstOrDefault("");
        var output = proto.Output.Count > 0 ? _values[proto.Output[0]] : OnnxValue.Unknown;
        var macs = default(OnnxMacs);
        if (node.HasSubgraph)
        {
            _uncounted.Add(new OnnxUncounted(name, node.Operator, "how often its subgraph runs is not known"));
        }
        // What is computed from constants alone is computed once, when the model is built.
        else if (!node.IsConstant && OnnxCosts.Find(node, output) is { } cost)
        {
            macs = cost.Macs;
            if (cost.Unknown is { } reason)
            {
                _uncounted.Add(new OnnxUncounted(name, node.Operator, reason));
            }
        }
        _nodes.Add(new OnnxNodeReport(name, node.Operator, output.Shape?.Select(d => d ?? -1).ToArray(), _weights.Use(proto), macs));
    }

    private void ReadInputs(ValueInfoProto[] inputs)
    {
        foreach (string name in _options.InputShapes.Keys)
        {
            if (!inputs.Any(i => i.Name == name))
            {
                throw new ArgumentException($"the model has no input '{name}'; it has: {string.Join(", ", inputs.Select(i => i.Name))}");
            }
        }
        foreach (var input in inputs)
        {
            var dims = input.Type?.TensorType?.Shape?.Dim;
            var given = _options.InputShapes.GetValueOrDefault(input.Name);
            if (given is not null && dims is not null && (dims.Count != given.Count || dims.Zip(given).Any(p => p.First.HasDimValue && p.First.DimValue != p.Second)))
            {
                throw new ArgumentException($"input '{input.Name}' is [{string.Join(',', dims.Select(Text))}]; [{string.Join(',', given)}] does not fit");
            }
            var shape = given?.Select(d => (long?)d).ToArray()
                ?? dims?.Select((d, axis) => d.HasDimValue && d.DimValue > 0 ? d.DimValue : axis == 0 ? _options.Batch : (long?)null).ToArray();
            _values[input.Name] = new OnnxValue { Shape = shape };
            for (int axis = 0; axis < dims?.Count; ++axis)
            {
                if (dims[axis].HasDimParam && shape![axis] is { } size)
                {
                    _symbols[dims[axis].DimParam] = size;
                }
            }
        }
    }

    /// <summary>A shape that the file states, with the input's sizes for names of dimensions.</summary>
    private long?[]? Declared(ValueInfoProto info) => info.Type?.TensorType?.Shape?.Dim
        .Select(d => d.HasDimValue ? d.DimValue : d.HasDimParam && _symbols.TryGetValue(d.DimParam, out long size) ? size : (long?)null)
        .ToArray();

    /// <summary>What was inferred, with gaps filled from what the file states.</summary>
    private static IReadOnlyList<long?>? Merge(IReadOnlyList<long?>? inferred, IReadOnlyList<long?>? declared)
    {
        if (inferred is null || declared is null || inferred.Count != declared.Count)
        {
            return inferred ?? declared;
        }
        return inferred.All(d => d is not null) ? inferred : [.. inferred.Zip(declared, (i, d) => i ?? d)];
    }

    private static OnnxTensorInfo Describe(ValueInfoProto info)
    {
        var tensor = info.Type?.TensorType;
        return new OnnxTensorInfo(
            info.Name,
            tensor is null ? "not a tensor" : TypeName(tensor.ElemType),
            tensor?.Shape?.Dim.Select(Text).ToArray());
    }

    /// <summary>Some exporters write open dimensions as -1 or 0.</summary>
    private static string Text(TensorShapeProto.Types.Dimension dim) =>
        dim.HasDimParam && dim.DimParam.Length > 0 ? dim.DimParam
            : dim.HasDimValue && dim.DimValue > 0 ? dim.DimValue.ToString(System.Globalization.CultureInfo.InvariantCulture) : "?";

    private static string TypeName(int type) => type switch
    {
        1 => "float",
        2 => "uint8",
        3 => "int8",
        4 => "uint16",
        5 => "int16",
        6 => "int32",
        7 => "int64",
        8 => "string",
        9 => "bool",
        10 => "float16",
        11 => "double",
        12 => "uint32",
        13 => "uint64",
        16 => "bfloat16",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"type {type}"),
    };
}
