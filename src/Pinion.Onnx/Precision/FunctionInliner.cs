using System.Globalization;

namespace Pinion.Onnx;

/// <summary>Puts the nodes of a model's own functions where they are called: before release 10 TensorRT's parser knows no functions.</summary>
internal sealed class FunctionInliner
{
    private const int MaxDepth = 40;
    private const int MaxNodes = 1 << 20;

    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> _functions = [];
    private readonly UniqueNames _names;
    private int _nodes;

    private FunctionInliner(ModelProto model, UniqueNames names)
    {
        _names = names;
        foreach (FunctionProto function in model.Functions)
        {
            _functions[(function.Domain, function.Name, function.Overload)] = function;
        }
    }

    public static void Inline(ModelProto model, UniqueNames names)
    {
        if (model.Functions.Count > 0)
        {
            var inliner = new FunctionInliner(model, names);
            inliner.Inline(model.Graph, depth: 0);
            // Their nodes may be of domains that the graph itself has not used.
            IEnumerable<OperatorSetIdProto> added = model.Functions.SelectMany(f => f.OpsetImport).DistinctBy(o => Domain(o.Domain));
            model.OpsetImport.AddRange([.. added.Where(o => model.OpsetImport.All(known => Domain(known.Domain) != Domain(o.Domain)))]);
            model.Functions.Clear();
        }
    }

    /// <summary>ONNX's own has two names.</summary>
    private static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    private void Inline(GraphProto graph, int depth)
    {
        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            graph.Node.AddRange(Expand(node, depth));
        }
    }

    private List<NodeProto> Expand(NodeProto node, int depth)
    {
        if (depth > MaxDepth || ++_nodes > MaxNodes)
        {
            throw new InvalidDataException($"the model's functions call each other more than {MaxDepth} deep or make more than {MaxNodes} nodes");
        }

        foreach (GraphProto body in OnnxNode.Bodies(node))
        {
            Inline(body, depth + 1);
        }

        return _functions.TryGetValue((node.Domain, node.OpType, node.Overload), out FunctionProto? function) ? Call(node, function, depth) : [node];
    }

    private List<NodeProto> Call(NodeProto call, FunctionProto function, int depth)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < function.Input.Count; i++)
        {
            values[function.Input[i]] = i < call.Input.Count ? call.Input[i] : "";
        }

        var results = new List<(string From, string To)>();
        for (int i = 0; i < function.Output.Count; i++)
        {
            string result = i < call.Output.Count ? call.Output[i] : "";
            // An output that is an input, or two outputs that are one value, need a node of their own.
            if (result.Length > 0 && !values.TryAdd(function.Output[i], result))
            {
                results.Add((function.Output[i], result));
            }
        }

        var attributes = function.AttributeProto.Concat(call.Attribute).GroupBy(a => a.Name, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);
        string prefix = call.Name.Length > 0 ? call.Name : call.OpType;
        var nodes = new List<NodeProto>();
        foreach (NodeProto inner in function.Node)
        {
            nodes.AddRange(Expand(Rename(inner.Clone(), values, attributes, prefix), depth + 1));
        }

        nodes.AddRange(results.Select(r => new NodeProto { OpType = "Identity", Name = _names.Make(r.To), Input = { values[r.From] }, Output = { r.To } }));
        return nodes;
    }

    private NodeProto Rename(NodeProto node, Dictionary<string, string> values, Dictionary<string, AttributeProto> attributes, string prefix)
    {
        node.Name = _names.Make(string.Create(CultureInfo.InvariantCulture, $"{prefix}/{(node.Name.Length > 0 ? node.Name : node.OpType)}"));
        for (int i = 0; i < node.Input.Count; i++)
        {
            // A name that nobody made is the reader's to refuse.
            node.Input[i] = values.GetValueOrDefault(node.Input[i], node.Input[i]);
        }

        while (node.Input is [.., ""])
        {
            node.Input.RemoveAt(node.Input.Count - 1);
        }

        for (int i = 0; i < node.Output.Count; i++)
        {
            node.Output[i] = Declare(node.Output[i], values, prefix);
        }

        for (int i = node.Attribute.Count - 1; i >= 0; i--)
        {
            AttributeProto attribute = node.Attribute[i];
            if (attribute.RefAttrName.Length > 0)
            {
                node.Attribute.RemoveAt(i);
                if (attributes.TryGetValue(attribute.RefAttrName, out AttributeProto? given))
                {
                    AttributeProto copy = given.Clone();
                    copy.Name = attribute.Name;
                    node.Attribute.Add(copy);
                }
            }
            else
            {
                foreach (GraphProto body in OnnxNode.Bodies(attribute))
                {
                    Rename(body, new Dictionary<string, string>(values, StringComparer.Ordinal), attributes, prefix);
                }
            }
        }

        return node;
    }

    private void Rename(GraphProto body, Dictionary<string, string> values, Dictionary<string, AttributeProto> attributes, string prefix)
    {
        foreach (TensorProto initializer in body.Initializer)
        {
            initializer.Name = Declare(initializer.Name, values, prefix);
        }

        foreach (ValueInfoProto input in body.Input)
        {
            input.Name = Declare(input.Name, values, prefix);
        }

        foreach (NodeProto node in body.Node)
        {
            Rename(node, values, attributes, prefix);
        }

        foreach (ValueInfoProto info in body.Output.Concat(body.ValueInfo))
        {
            info.Name = values.GetValueOrDefault(info.Name, info.Name);
        }
    }

    /// <summary>The name in the model of a value that the function makes.</summary>
    private string Declare(string name, Dictionary<string, string> values, string prefix)
    {
        if (name.Length == 0)
        {
            return name;
        }

        if (!values.TryGetValue(name, out string? given))
        {
            given = values[name] = _names.Make($"{prefix}/{name}");
        }

        return given;
    }
}
