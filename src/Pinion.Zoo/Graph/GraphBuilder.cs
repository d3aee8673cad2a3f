using Pinion.Onnx;
using Dimension = Pinion.Onnx.TensorShapeProto.Types.Dimension;

namespace Pinion.Zoo;

/// <summary>
/// Writes a network as ONNX nodes, one layer a call, and checks every shape on the way. Names of parameters follow the
/// scopes that are open, as a state dict's names do. Weights are only declared here; their values are asked for when the model is written.
/// </summary>
internal sealed partial class GraphBuilder
{
    /// <summary>Paddle's default, and that of every batch norm in the zoo.</summary>
    public const float BatchNormEpsilon = 1e-5f;

    private readonly int _opset;
    private readonly int? _batch;
    private readonly GraphProto _graph;
    private readonly List<Parameter> _parameters = [];
    private readonly List<GraphLayer> _layers = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _parameterNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _constants = new(StringComparer.Ordinal);
    private string _scope = "";
    private string _stage = "";
    private bool _inLayer;

    /// <param name="name">The graph's name.</param>
    /// <param name="opset">13, or 17 for LayerNormalization.</param>
    /// <param name="batch">A fixed batch size; null leaves it dynamic.</param>
    public GraphBuilder(string name, int opset, int? batch)
    {
        _opset = opset;
        _batch = batch;
        Model = new OnnxModel(name, opset);
        _graph = Model.Proto.Graph;
    }

    public OnnxModel Model { get; }

    /// <summary>Where the parameters' values come from when the model is written.</summary>
    public IWeightSource? Weights { get; set; }

    /// <summary>The state dict's tensors, in the order in which the network declares them.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    public IReadOnlyList<GraphLayer> Layers => _layers;

    /// <summary>Prefixes the names of all parameters declared until the result is disposed.</summary>
    public Restore Scope(string name)
    {
        var restore = new Restore(this, _scope, _stage);
        _scope = Qualify(name);
        return restore;
    }

    /// <summary>Groups the layers until the result is disposed, for tables.</summary>
    public Restore Stage(string name)
    {
        var restore = new Restore(this, _scope, _stage);
        _stage = name;
        return restore;
    }

    /// <summary>Declares the network's input.</summary>
    public Tensor Input(string name, params int[] shape)
    {
        Model.Input(name, OnnxType.Float32, WithBatch(shape));
        return new Tensor(name, shape);
    }

    /// <summary>Makes the value of the last node the network's output, under this name.</summary>
    public void Output(Tensor x, string name)
    {
        NodeProto last = _graph.Node[^1];
        if (last.Output.Count != 1 || last.Output[0] != x.Name)
        {
            throw new InvalidOperationException($"{x} is not what the last node makes");
        }

        last.Output[0] = name;
        Model.Output(name, OnnxType.Float32, WithBatch(x.Shape));
    }

    /// <summary>Declares a tensor of the state dict and returns its full name.</summary>
    public Tensor Parameter(string name, WeightInit init, params int[] shape)
    {
        string full = Qualify(name);
        if (!_parameterNames.Add(full))
        {
            throw new InvalidOperationException($"parameter {full} is declared twice");
        }

        var parameter = new Parameter(full, shape, init);
        _parameters.Add(parameter);
        Model.Weight(full, [.. shape], (offset, elements) => Weights!.Read(parameter, offset, elements));
        return new Tensor(full, shape);
    }

    private string Qualify(string name) => _scope.Length == 0 ? name : $"{_scope}.{name}";

    /// <summary>Runs the nodes that `build` adds as one layer of the table; a layer inside a layer is part of the outer one.</summary>
    private Tensor Layer(LayerKind kind, string name, Func<Tensor> build)
    {
        if (_inLayer)
        {
            return build();
        }

        int first = _graph.Node.Count;
        _inLayer = true;
        Tensor result;
        try
        {
            result = build();
        }
        finally
        {
            _inLayer = false;
        }

        _layers.Add(new GraphLayer(name, kind, _stage, first, _graph.Node.Count - first, result.Shape));
        return result;
    }

    private Tensor Node(string type, string? name, ReadOnlySpan<string> inputs, int[] shape, params ReadOnlySpan<AttributeProto> attributes)
    {
        string unique = Unique(name ?? (_scope.Length == 0 ? type : $"{_scope}/{type}"));
        Model.Node(type, inputs, [unique], unique, attributes: attributes);
        return new Tensor(unique, shape);
    }

    private string Unique(string name)
    {
        string unique = name;
        for (int use = 1; !_names.Add(unique); ++use)
        {
            unique = $"{name}_{use}";
        }

        return unique;
    }

    /// <summary>A float constant of rank 0, shared by all that use the same value.</summary>
    private string Scalar(float value)
    {
        string name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"const/{value:R}");
        if (_constants.Add(name))
        {
            Model.Constant(name, [], [value]);
        }

        return name;
    }

    /// <summary>A vector of int64 (shapes, axes, sizes), shared by all that use the same values.</summary>
    private string Vector(params ReadOnlySpan<int> values)
    {
        string name = $"const/{string.Join(',', values.ToArray())}:i";
        if (_constants.Add(name))
        {
            Model.Constant(name, [values.Length], [.. values.ToArray().Select(v => (long)v)]);
        }

        return name;
    }

    /// <summary>The shape with the batch for its first dimension, or for a part of it.</summary>
    private Dimension[] WithBatch(IReadOnlyList<int> shape) =>
        [_batch is { } fixedBatch ? (long)shape[0] * fixedBatch : "N", .. shape.Skip(1).Select(d => (Dimension)d)];

    /// <summary>Closes a scope or stage.</summary>
    public readonly ref struct Restore(GraphBuilder owner, string scope, string stage)
    {
        public void Dispose()
        {
            owner._scope = scope;
            owner._stage = stage;
        }
    }
}
