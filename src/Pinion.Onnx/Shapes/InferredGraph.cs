using Google.Protobuf.Collections;

namespace Pinion.Onnx;

/// <summary>A graph with what is known of its values: one pass in its order, which ONNX requires to be a topological one.</summary>
internal sealed class InferredGraph
{
    private readonly OnnxShapeOptions _options;
    private readonly Dictionary<string, OnnxValue> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<long?>> _declared = new(StringComparer.Ordinal);

    public InferredGraph(ModelProto model, OnnxShapeOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Batch, 1);
        _options = options;
        Proto = model.Graph ?? throw new ArgumentException("The model has no graph.", nameof(model));
        Opset = model.OpsetImport.FirstOrDefault(o => o.Domain is "" or "ai.onnx")?.Version ?? 0;
        foreach (TensorProto initializer in Proto.Initializer)
        {
            _values[initializer.Name] = OnnxTensors.Read(initializer);
        }
        // Old files list weights among the inputs too.
        Inputs = [.. Proto.Input.Where(i => !_values.ContainsKey(i.Name))];
        ReadInputs();
        foreach (ValueInfoProto info in Proto.ValueInfo.Concat(Proto.Output))
        {
            if (Declared(info) is { } shape)
            {
                _declared[info.Name] = shape;
            }
        }

        Nodes = [.. Proto.Node.Select(Visit)];
    }

    public GraphProto Proto { get; }

    /// <summary>Version of ONNX's own operators; 0 if the model names none.</summary>
    public long Opset { get; }

    /// <summary>The inputs that are not weights.</summary>
    public IReadOnlyList<ValueInfoProto> Inputs { get; }

    /// <summary>The nodes in the graph's order, each with its first output.</summary>
    public IReadOnlyList<(OnnxNode Node, OnnxValue Output)> Nodes { get; }

    /// <summary>All values by name.</summary>
    public IReadOnlyDictionary<string, OnnxValue> Values => _values;

    private (OnnxNode Node, OnnxValue Output) Visit(NodeProto proto)
    {
        var node = new OnnxNode(proto, [.. proto.Input.Select(name => name.Length == 0 ? null : _values.GetValueOrDefault(name, OnnxValue.Unknown))], Opset);
        IReadOnlyList<OnnxValue> results = OnnxShapes.Infer(node);
        for (int i = 0; i < proto.Output.Count; ++i)
        {
            OnnxValue value = i < results.Count ? results[i] : OnnxValue.Unknown;
            _values[proto.Output[i]] = value with
            {
                Shape = Merge(value.Shape, _declared.GetValueOrDefault(proto.Output[i])),
                IsConstant = value.IsConstant || node.IsConstant,
            };
        }

        return (node, proto.Output.Count > 0 ? _values[proto.Output[0]] : OnnxValue.Unknown);
    }

    private void ReadInputs()
    {
        foreach (string name in _options.InputShapes.Keys)
        {
            if (!Inputs.Any(i => i.Name == name))
            {
                throw new ArgumentException($"the model has no input '{name}'; it has: {string.Join(", ", Inputs.Select(i => i.Name))}");
            }
        }

        foreach (ValueInfoProto input in Inputs)
        {
            RepeatedField<TensorShapeProto.Types.Dimension>? dims = input.Type?.TensorType?.Shape?.Dim;
            IReadOnlyList<long>? given = _options.InputShapes.GetValueOrDefault(input.Name);
            if (given is not null && dims is not null && (dims.Count != given.Count || dims.Zip(given).Any(p => p.First.HasDimValue && p.First.DimValue >= 0 && p.First.DimValue != p.Second)))
            {
                throw new ArgumentException($"input '{input.Name}' is [{string.Join(',', dims.Select(OnnxTensorInfo.Text))}]; [{string.Join(',', given)}] does not fit");
            }

            long?[]? shape = given?.Select(d => (long?)d).ToArray()
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
}
