using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Pinion.Onnx;

/// <summary>
/// Writes a plan's decisions into the model. A value that is needed in both types gets one Cast, right after what makes it, so that the
/// bodies behind it find it too. Outputs of the model keep their names.
/// </summary>
internal sealed class Fp16Rewriter
{
    private const string HalfSuffix = "_fp16";
    private const string PlainSuffix = "_fp32";

    private readonly ModelGraph _root;
    private readonly UniqueNames _names;
    private readonly ConstantFloats _constants;
    private readonly List<StreamedWeight> _streamed = [];

    private Fp16Rewriter(ModelGraph root, UniqueNames names, ConstantFloats constants) => (_root, _names, _constants) = (root, names, constants);

    /// <summary>Writes the decisions into the model that the graph was read from.</summary>
    public static Fp16Rewriter Rewrite(ModelGraph root, UniqueNames names, ConstantFloats constants)
    {
        var rewriter = new Fp16Rewriter(root, names, constants);
        CollectWants(root);
        rewriter.Name(root);
        rewriter.Rewrite(root);
        return rewriter;
    }

    /// <summary>Weights that are to be read when the model is written.</summary>
    public IReadOnlyList<StreamedWeight> Streamed => _streamed;

    public int Casts { get; private set; }

    public int RemovedCasts { get; private set; }

    /// <summary>Constants that became FP16.</summary>
    public int Weights { get; private set; }

    public static bool IsFloatCast(GraphNode node) => node.Outputs is [{ Alias: not null }];

    private static void CollectWants(ModelGraph graph)
    {
        foreach (GraphNode node in graph.Nodes)
        {
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i] is { } input && !IsFloatCast(node) && !(node.Folded is not null && i > 0))
                {
                    Want(input, node.Wants[i]);
                }
            }

            foreach (ModelGraph body in node.Bodies)
            {
                CollectWants(body);
            }
        }

        for (int i = 0; i < graph.Outputs.Count; i++)
        {
            GraphValue output = graph.Outputs[i];
            // A Cast that gives an output of the model stays, to give it its name.
            Want(output.IsModelOutput && output.Alias is { } source ? source : output, output.IsModelOutput && output.Alias is not null ? OnnxType.Undefined : graph.OutputWants[i]);
        }
    }

    private static void Want(GraphValue value, OnnxType type)
    {
        (GraphValue found, OnnxType wanted) = Fp16Plan.Resolve(value, type);
        found.IsWantedHalf |= wanted == OnnxType.Float16;
        found.IsWantedPlain |= wanted != OnnxType.Float16;
        if (found.Alias is { } source)
        {
            Want(source, OnnxType.Float16);
        }
    }

    private void Name(ModelGraph graph)
    {
        foreach (GraphValue value in graph.Values)
        {
            // Behind a Cast that goes, a body may read what a value of its own hid.
            string own = graph.IsBody && (IsHoisted(value) || graph.Shadows(value.Name)) ? _names.Make(value.Name) : value.Name;
            if (!value.IsFloat32)
            {
                value.PlainName = value.HalfName = own;
                continue;
            }

            bool isPlain = value.IsModelOutput ? graph.TypeOfOutput(value) == OnnxType.Float32
                : value.Constant is not null ? value.IsWantedPlain || !value.IsWantedHalf : value.Native == OnnxType.Float32;
            bool needsOther = isPlain ? value.IsWantedHalf || value.Native == OnnxType.Float16 : value.IsWantedPlain || value.Native == OnnxType.Float32;
            string? other = needsOther && (value.Constant is null || (isPlain ? value.IsWantedHalf : value.IsWantedPlain))
                ? _names.Make(own + (isPlain ? HalfSuffix : PlainSuffix)) : null;
            (value.PlainName, value.HalfName) = isPlain ? (own, other) : (other, own);
        }

        foreach (ModelGraph body in graph.Nodes.SelectMany(n => n.Bodies))
        {
            Name(body);
        }
    }

    private static string NameOf(GraphValue value, OnnxType type)
    {
        (GraphValue found, OnnxType known) = Fp16Plan.Resolve(value, type);
        return (found.IsFloat32 && known == OnnxType.Float16 ? found.HalfName : found.PlainName)
            ?? throw new InvalidOperationException($"value '{found.Name}' has no name in {known}");
    }

    /// <summary>Data that is outside of the graph is streamed, and only the model's own graph streams.</summary>
    private static bool IsHoisted(GraphValue value) => value.Constant is { } tensor && OnnxWeightFiles.IsOutside(tensor);

    private void Rewrite(ModelGraph graph)
    {
        GraphProto proto = graph.Proto;
        proto.Node.Clear();
        proto.Initializer.Clear();
        foreach (GraphValue value in graph.Values.Where(v => v is { Constant: not null, Producer: null }))
        {
            AddConstant(value, graph);
        }

        foreach (ValueInfoProto input in proto.Input)
        {
            GraphValue value = graph.Find(input.Name)!;
            // The inputs of a body may leave their types out.
            if (value is { IsFloat32: true } && (value.Constant is null ? value.Native == OnnxType.Float16 : value.HalfName == value.Name) && input.Type?.TensorType is { } tensor)
            {
                tensor.ElemType = (int)OnnxType.Float16;
            }

            input.Name = value.Constant is null ? NameOf(value, value.Native) : input.Name;
        }

        foreach (GraphValue input in graph.Inputs)
        {
            AddCast(graph, input);
        }

        foreach (GraphNode node in graph.Nodes)
        {
            Rewrite(node);
        }

        RewriteOutputs(graph);
        ValueInfoProto[] declared = [.. proto.ValueInfo];
        proto.ValueInfo.Clear();
        foreach (ValueInfoProto info in declared)
        {
            if (graph.Find(info.Name) is { } value && value.Owner == graph && value.Alias is null && (value.PlainName == info.Name || value.HalfName == info.Name))
            {
                if (value.IsFloat32 && value.HalfName == value.Name && info.Type?.TensorType is { } tensor)
                {
                    tensor.ElemType = (int)OnnxType.Float16;
                }

                proto.ValueInfo.Add(info);
            }
        }
    }

    private void RewriteOutputs(ModelGraph graph)
    {
        for (int i = 0; i < graph.Outputs.Count; i++)
        {
            if (graph.OutputWants[i] is OnnxType.Float16 && graph.Proto.Output[i].Type?.TensorType is { } tensor)
            {
                tensor.ElemType = (int)OnnxType.Float16;
            }
        }

        if (!graph.IsBody)
        {
            return;
        }

        string[] names = [.. graph.Outputs.Select((o, i) => NameOf(o, graph.OutputWants[i]))];
        var given = names.Where((name, i) => name == graph.Proto.Output[i].Name).ToHashSet(StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
        {
            GraphValue output = graph.Outputs[i];
            ValueInfoProto info = graph.Proto.Output[i];
            string name = names[i];
            GraphValue found = Fp16Plan.Resolve(output, graph.OutputWants[i]).Value;
            // A body gives what it made itself, each under a name of its own.
            if ((found.Owner != graph && output.Owner == graph) || IsHoisted(found) || (name != info.Name && !given.Add(name)))
            {
                string own = _names.Make(info.Name + "_out");
                graph.Proto.Node.Add(new NodeProto { OpType = "Identity", Name = own, Input = { name }, Output = { own } });
                name = own;
            }

            info.Name = name;
        }
    }

    private void Rewrite(GraphNode node)
    {
        GraphProto graph = node.Graph.Proto;
        if (node.Outputs.FirstOrDefault(o => o?.Constant is not null) is { } constant)
        {
            AddConstant(constant, node.Graph);
            return;
        }

        foreach (ModelGraph body in node.Bodies)
        {
            Rewrite(body);
        }

        NodeProto proto = node.Proto;
        if (IsFloatCast(node))
        {
            RewriteCast(node, graph);
            return;
        }

        for (int i = 0; i < proto.Input.Count; i++)
        {
            if (node.Inputs[i] is { } input && !(node.Folded is not null && i > 0))
            {
                proto.Input[i] = NameOf(input, node.Wants[i]);
            }
        }

        if (node.Folded is { } folded)
        {
            float[][] parts = [folded.Scale, folded.Bias, new float[folded.Scale.Length], new float[folded.Scale.Length]];
            Array.Fill(parts[3], 1);
            string[] roles = ["scale", "bias", "mean", "variance"];
            for (int i = 0; i < parts.Length; i++)
            {
                proto.Input[i + 1] = _names.Make($"{node.Name}_{roles[i]}{HalfSuffix}");
                _root.Proto.Initializer.Add(HalfTensor(proto.Input[i + 1], parts[i], parts[i].Length));
                Weights++;
            }
        }

        for (int i = 0; i < proto.Output.Count; i++)
        {
            if (node.Outputs[i] is { } output)
            {
                proto.Output[i] = NameOf(output, output.Native);
            }
        }

        if (node.Precision == NodePrecision.Fp16)
        {
            RetypeAttributes(node);
        }

        graph.Node.Add(proto);
        foreach (GraphValue output in node.Outputs.OfType<GraphValue>())
        {
            AddCast(node.Graph, output);
        }
    }

    /// <summary>A Cast between floats stays where it gives an output of the model, or FP32 from what the model itself has in FP16.</summary>
    private void RewriteCast(GraphNode node, GraphProto graph)
    {
        GraphValue output = node.Outputs[0]!;
        bool isNeeded = output.IsModelOutput || (output.IsWantedPlain && output.Type == OnnxType.Float32);
        if (!isNeeded)
        {
            RemovedCasts++;
            return;
        }

        bool givesHalf = output.Type == OnnxType.Float16 || (output.IsModelOutput && output.HalfName == output.Name);
        node.Proto.Input[0] = NameOf(output.Alias!, output.IsModelOutput ? OnnxType.Undefined : OnnxType.Float16);
        node.Attribute("to")!.I = (long)(givesHalf ? OnnxType.Float16 : OnnxType.Float32);
        node.Proto.Output[0] = output.IsModelOutput ? output.Name : output.PlainName;
        graph.Node.Add(node.Proto);
    }

    private void RetypeAttributes(GraphNode node)
    {
        switch (node.Operator)
        {
            case "Cast":
                node.Attribute("to")!.I = (long)OnnxType.Float16;
                break;
            case "ConstantOfShape":
                float value = node.Attribute("value")?.T is { } fill ? _constants.ReadAll(fill).FirstOrDefault() : 0;
                if (node.Attribute("value") is { } old)
                {
                    node.Proto.Attribute.Remove(old);
                }

                node.Proto.Attribute.Add(new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = HalfTensor("value", [value], 1) });
                break;
            default:
                break;
        }
    }

    private void AddCast(ModelGraph graph, GraphValue value)
    {
        if (!value.IsFloat32 || value.PlainName is null || value.HalfName is null)
        {
            return;
        }

        bool toHalf = value.Native == OnnxType.Float32;
        string output = toHalf ? value.HalfName : value.PlainName;
        graph.Proto.Node.Add(new NodeProto
        {
            OpType = "Cast",
            // Nodes and values are named apart: the value's name is free for a node where the rewriter made it.
            Name = output == value.Name ? _names.Make(output + "_cast") : output,
            Input = { toHalf ? value.PlainName : value.HalfName },
            Output = { output },
            Attribute = { OnnxAttributes.Int("to", (long)(toHalf ? OnnxType.Float16 : OnnxType.Float32)) },
        });
        Casts++;
    }

    private void AddConstant(GraphValue value, ModelGraph graph)
    {
        TensorProto tensor = value.Constant!;
        if (value.PlainName is { } plainName)
        {
            if (IsHoisted(value))
            {
                _streamed.Add(new StreamedWeight(Header(tensor, plainName, (OnnxType)tensor.DataType), tensor, WeightForm.Same));
            }
            else
            {
                Place(value, plainName, tensor, graph, value.Producer?.Proto);
            }
        }

        if (value is { IsFloat32: true, HalfName: { } halfName })
        {
            Weights++;
            TensorProto half = Header(tensor, halfName, OnnxType.Float16);
            if (IsHoisted(value))
            {
                _streamed.Add(new StreamedWeight(half, tensor, WeightForm.Half));
                return;
            }

            half.RawData = HalfData(_constants.ReadAll(tensor));
            NodeProto? node = value.PlainName is null ? value.Producer?.Proto : new NodeProto { OpType = "Constant", Name = _names.Make(halfName + "_constant") };
            node?.Attribute.Clear();
            node?.Attribute.Add(new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = half });
            Place(value, halfName, half, graph, node);
        }
    }

    /// <summary>A constant stays an initializer, or a node, as it was.</summary>
    private static void Place(GraphValue value, string name, TensorProto tensor, ModelGraph graph, NodeProto? node)
    {
        if (value.Producer is null)
        {
            tensor.Name = name;
            graph.Proto.Initializer.Add(tensor);
            return;
        }

        node!.Output.Clear();
        node.Output.Add(name);
        graph.Proto.Node.Add(node);
    }

    /// <summary>All of a tensor but its data.</summary>
    public static TensorProto Header(TensorProto tensor, string name, OnnxType type)
    {
        TensorProto header = tensor.Clone();
        (header.Name, header.DataType) = (name, (int)type);
        header.ClearRawData();
        header.FloatData.Clear();
        header.ExternalData.Clear();
        header.ClearDataLocation();
        return header;
    }

    private static TensorProto HalfTensor(string name, float[] values, params long[] dims) =>
        new() { Name = name, DataType = (int)OnnxType.Float16, Dims = { dims }, RawData = HalfData(values) };

    private static ByteString HalfData(float[] values)
    {
        byte[] raw = new byte[values.Length * sizeof(ushort)];
        HalfBytes.Write(values, MemoryMarshal.Cast<byte, Half>(raw.AsSpan()));
        return UnsafeByteOperations.UnsafeWrap(raw);
    }
}
