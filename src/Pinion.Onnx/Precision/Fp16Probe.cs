using System.Buffers.Binary;
using Google.Protobuf;

namespace Pinion.Onnx;

/// <summary>A value that a probe measures.</summary>
/// <param name="Node">The node that makes it, as <see cref="Fp16Decision.Node"/> has it.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="Value">The value's name in the model.</param>
/// <param name="Plain">The probe's output with the value as the model itself computes it.</param>
/// <param name="Half">The probe's output with what the node makes in FP16 of the model's own FP32 values; null where the node does not become FP16.</param>
public sealed record Fp16ProbePoint(string Node, string Operator, string Value, string Plain, string? Half);

/// <summary>
/// Writes models that measure what FP16 does to each node by itself: a probe computes the FP32 model, and beside each node its FP16 form on the FP32
/// values, rounded, that the model gives it. Errors do not add up, so the node that makes one is seen. Nodes of bodies of If, Loop and Scan are measured
/// with the node that holds them. Memory does not grow with the model. Threads: any.
/// </summary>
public sealed class Fp16Probe
{
    /// <summary>Before this version of ONNX's format every weight is an input, too.</summary>
    private const long FirstIrOfPlainWeights = 4;

    private readonly string _path;
    private readonly Fp16Options _options;
    private readonly string _halfPrefix;

    private Fp16Probe(string path, Fp16Options options, string plainPrefix, string halfPrefix) =>
        (_path, _options, InputPrefix, _halfPrefix) = (path, options, plainPrefix, halfPrefix);

    /// <summary>What stands before the names of the inputs in the models that are written, which have the model's inputs in their order.</summary>
    public string InputPrefix { get; }

    /// <summary>What can be measured, in the model's order: what nodes of the model's own graph make that holds floats, or is made of them.</summary>
    public IReadOnlyList<Fp16ProbePoint> Points { get; private init; } = [];

    /// <summary>For each node the nodes that make what it reads, in bodies too, constants apart.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Sources { get; private init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>For each If, Loop and Scan the nodes inside that become FP16.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Inner { get; private init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Finds what can be measured in a model.</summary>
    /// <param name="model">An ONNX file; it is not changed, and must not change while the probe is used.</param>
    /// <param name="options">What would become FP16; the probe's own inputs have the model's types in any case. Null for all.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InvalidDataException">The file is no ONNX model that can be converted.</exception>
    /// <exception cref="ArgumentException">A pattern matches no node.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Fp16Probe Open(string model, Fp16Options? options = null, CancellationToken cancellation = default)
    {
        options ??= new Fp16Options();
        using var typed = TypedModel.Read(model);
        Fp16Plan.Decide(typed.Graph, new ConstantFloats(typed.Files, _ => { }, cancellation), options);
        string plain = Prefix(typed.Names, "plain");
        string half = Prefix(typed.Names, "half");
        var points = new List<Fp16ProbePoint>();
        var sources = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var inner = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (GraphNode node in typed.Graph.Nodes)
        {
            string label = Fp16Plan.Label(node);
            Add(sources, label, PrefixedGraph.NamesRead(node.Proto).Select(typed.Graph.Find).OfType<GraphValue>()
                .Where(i => i is { Producer: not null, Constant: null }).Select(i => Fp16Plan.Label(i.Producer!)));
            if (node.Bodies.Count > 0)
            {
                Add(inner, label, node.Bodies.SelectMany(b => b.AllNodes).Where(n => n.Precision == NodePrecision.Fp16).Select(Fp16Plan.Label));
            }

            bool isHalf = IsComputedInHalf(node) && !Fp16Rewriter.IsFloatCast(node);
            points.AddRange(node.Outputs.OfType<GraphValue>().Where(o => o is { Constant: null, IsTensor: true } && (o.IsFloat32 || isHalf)).Select(output =>
                new Fp16ProbePoint(label, node.Operator, output.Name, plain + output.Name, isHalf ? half + output.Name : null)));
        }

        return new Fp16Probe(model, options, plain, half) { Points = points, Sources = sources, Inner = inner };
    }

    /// <summary>Several nodes may have one name.</summary>
    private static void Add(Dictionary<string, IReadOnlyList<string>> lists, string label, IEnumerable<string> added) =>
        lists[label] = [.. lists.GetValueOrDefault(label, []).Concat(added).Distinct()];

    /// <summary>Text that no name of the model begins with.</summary>
    private static string Prefix(UniqueNames names, string wanted)
    {
        while (names.AnyStartsWith(wanted + "/"))
        {
            wanted += "_";
        }

        return wanted + "/";
    }

    /// <summary>Writes a model that gives the values of points, and computes nothing that they do not need.</summary>
    /// <param name="output">The file to write; beyond 2 GiB weights go to a file beside it.</param>
    /// <param name="points">Some of <see cref="Points"/>.</param>
    /// <param name="cancellation">Stops the writing; nothing is left behind.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public void Write(string output, IReadOnlyCollection<Fp16ProbePoint> points, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(points);
        using var plain = TypedModel.Read(_path);
        plain.Fix(_options.InputShapes);
        using var half = TypedModel.Read(_path);
        var constants = new ConstantFloats(half.Files, _ => { }, cancellation);
        Fp16Plan.Decide(half.Graph, constants, _options);
        var types = half.Graph.Values.ToDictionary(v => v.Name, v => v.Type, StringComparer.Ordinal);
        var rewriter = Fp16Rewriter.Rewrite(half.Graph, half.Names, constants);
        var copy = PrefixedGraph.Of(plain.Proto.Graph, InputPrefix);

        var shadows = new List<NodeProto>();
        var halves = points.Where(p => p.Half is not null).Select(p => p.Value).ToHashSet(StringComparer.Ordinal);
        var outputs = new List<ValueInfoProto>();
        foreach (GraphNode node in half.Graph.Nodes.Where(n => n.Outputs.Any(o => o is not null && halves.Contains(o.Name))))
        {
            NodeProto shadow = node.Proto;
            shadow.Name = shadow.Name.Length > 0 ? _halfPrefix + shadow.Name : "";
            for (int i = 0; i < shadow.Output.Count; i++)
            {
                if (node.Outputs[i] is { } value)
                {
                    shadow.Output[i] = _halfPrefix + value.Name;
                    if (halves.Contains(value.Name))
                    {
                        outputs.Add(Output(shadow.Output[i], value.IsFloat32 ? value.Native : value.Type));
                    }
                }
            }

            shadows.Add(shadow);
        }

        outputs.AddRange(points.Select(p => Output(copy.NameOf(p.Value), types[p.Value])));
        HalfInputs inputs = Connect(shadows, half, rewriter, copy);
        copy.Keep(outputs.Select(o => o.Name).Concat(inputs.Read));
        GraphProto graph = copy.Proto;
        graph.Output.Clear();
        graph.Output.AddRange(outputs);
        graph.Node.AddRange(inputs.Nodes.Concat(shadows));
        graph.Initializer.AddRange(inputs.Initializers);
        IEnumerable<StreamedWeight> streamed = copy.Streamed.Select(w => new StreamedWeight(w.Header, w.Source, WeightForm.Same)).Concat(inputs.Streamed);
        Save(plain, output, streamed, constants, cancellation);
    }

    /// <summary>
    /// Writes the FP32 model with its FP32 weights rounded to the 11 bits that FP16 has, whatever their magnitude: what the network makes of rounding
    /// as such, which no node in FP32 cures. Outputs keep their order and get other names.
    /// </summary>
    /// <param name="output">The file to write.</param>
    /// <param name="cancellation">Stops the writing; nothing is left behind.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public void WriteRoundedWeights(string output, CancellationToken cancellation = default)
    {
        using var plain = TypedModel.Read(_path);
        plain.Fix(_options.InputShapes);
        var constants = new ConstantFloats(plain.Files, _ => { }, cancellation);
        var copy = PrefixedGraph.Of(plain.Proto.Graph, InputPrefix);
        foreach (TensorProto tensor in copy.Tensors.Where(t => t.DataType == (int)OnnxType.Float32))
        {
            byte[] raw = new byte[OnnxWeightFiles.Bytes(tensor)];
            float[] values = constants.ReadAll(tensor);
            for (int i = 0; i < values.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * sizeof(float)), values[i]);
            }

            HalfBytes.Round(raw);
            tensor.FloatData.Clear();
            tensor.RawData = UnsafeByteOperations.UnsafeWrap(raw);
        }

        IEnumerable<StreamedWeight> streamed = copy.Streamed.Select(w =>
            new StreamedWeight(w.Header, w.Source, w.Header.DataType == (int)OnnxType.Float32 ? WeightForm.Rounded : WeightForm.Same));
        Save(plain, output, streamed, constants, cancellation);
    }

    /// <summary>Whether a node computes with FP16, be it that it makes no floats, or only inside.</summary>
    private static bool IsComputedInHalf(GraphNode node) =>
        node.Precision == NodePrecision.Fp16 || node.Wants.Contains(OnnxType.Float16) || node.Bodies.SelectMany(b => b.AllNodes).Any(n => n.Precision == NodePrecision.Fp16);

    private static ValueInfoProto Output(string name, OnnxType type) => new() { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } } };

    /// <summary>Makes what the FP16 nodes read of what the FP32 model has.</summary>
    private HalfInputs Connect(List<NodeProto> shadows, TypedModel half, Fp16Rewriter rewriter, PrefixedGraph copy)
    {
        var known = new Dictionary<string, (GraphValue Value, bool IsHalf)>(StringComparer.Ordinal);
        foreach (GraphValue value in half.Graph.Values)
        {
            foreach ((string? name, bool isHalf) in new[] { (value.HalfName, value.IsFloat32), (value.PlainName, false) })
            {
                if (name is not null)
                {
                    known[name] = (value, isHalf);
                }
            }
        }

        var made = half.Proto.Graph.Initializer.ToDictionary(t => t.Name, StringComparer.Ordinal);
        var nodes = half.Proto.Graph.Node.Where(n => n.OpType == "Constant" && n.Output.Count == 1).ToDictionary(n => n.Output[0], StringComparer.Ordinal);
        var streamed = rewriter.Streamed.ToDictionary(w => w.Header.Name, StringComparer.Ordinal);
        var inputs = new HalfInputs([], [], [], []);
        foreach (string name in shadows.SelectMany(PrefixedGraph.NamesRead).Distinct())
        {
            // Constants stay constants: parsers want the axes of a sum to be one.
            if (streamed.TryGetValue(name, out StreamedWeight? weight))
            {
                inputs.Streamed.Add(weight);
            }
            else if (made.TryGetValue(name, out TensorProto? tensor))
            {
                inputs.Initializers.Add(tensor);
            }
            else if (nodes.TryGetValue(name, out NodeProto? constant))
            {
                inputs.Nodes.Add(constant);
            }
            else if (known.TryGetValue(name, out (GraphValue Value, bool IsHalf) found))
            {
                string source = copy.NameOf(found.Value.Name);
                inputs.Read.Add(source);
                var node = new NodeProto { OpType = found.IsHalf ? "Cast" : "Identity", Name = _halfPrefix + name + "_given", Input = { source }, Output = { name } };
                if (found.IsHalf)
                {
                    node.Attribute.Add(OnnxAttributes.Int("to", (long)OnnxType.Float16));
                }

                inputs.Nodes.Add(node);
            }
        }

        return inputs;
    }

    private static void Save(TypedModel plain, string output, IEnumerable<StreamedWeight> streamed, ConstantFloats constants, CancellationToken cancellation)
    {
        plain.Proto.IrVersion = Math.Max(plain.Proto.IrVersion, FirstIrOfPlainWeights);
        var writer = new OnnxModel(plain.Proto);
        constants.AddTo(writer, streamed);
        writer.SaveAnySize(output, cancellation);
    }

    private sealed record HalfInputs(List<NodeProto> Nodes, List<TensorProto> Initializers, List<StreamedWeight> Streamed, List<string> Read);
}
