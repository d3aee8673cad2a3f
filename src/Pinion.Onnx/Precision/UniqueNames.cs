using System.Globalization;

namespace Pinion.Onnx;

/// <summary>Names that no value and no node of a model has, in whatever graph.</summary>
internal sealed class UniqueNames
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>No name is taken yet.</summary>
    public UniqueNames()
    {
    }

    public UniqueNames(ModelProto model) => Take(model.Graph);

    /// <summary>The name itself where it is free, else with a number.</summary>
    public string Make(string wanted)
    {
        string name = wanted;
        for (int number = 2; !_taken.Add(name); number++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{number}");
        }

        return name;
    }

    public bool AnyStartsWith(string text) => _taken.Any(name => name.StartsWith(text, StringComparison.Ordinal));

    private void Take(GraphProto graph)
    {
        _taken.UnionWith(graph.Initializer.Select(i => i.Name));
        _taken.UnionWith(graph.Input.Concat(graph.Output).Concat(graph.ValueInfo).Select(i => i.Name));
        foreach (NodeProto node in graph.Node)
        {
            _taken.Add(node.Name);
            _taken.UnionWith(node.Input);
            _taken.UnionWith(node.Output);
            foreach (GraphProto body in OnnxNode.Bodies(node))
            {
                Take(body);
            }
        }
    }
}
