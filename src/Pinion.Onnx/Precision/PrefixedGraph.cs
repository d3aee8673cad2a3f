namespace Pinion.Onnx;

/// <summary>
/// A graph whose values all have names of their own, its bodies' too, behind a prefix, so that another graph can be put beside it. Data that lies outside of the graph becomes weights of the model, wherever it was.
/// </summary>
internal sealed class PrefixedGraph
{
    private readonly string _prefix;
    private readonly UniqueNames _taken = new();
    private readonly Dictionary<string, (TensorProto Header, TensorProto Source)> _streamed = new(StringComparer.Ordinal);
    private readonly Scope _names;

    private PrefixedGraph(GraphProto graph, string prefix)
    {
        (Proto, _prefix) = (graph, prefix);
        _names = new Scope(outer: null);
        Rename(graph, _names);
    }

    public GraphProto Proto { get; }

    /// <summary>Weights whose data is read when the model is written.</summary>
    public IEnumerable<(TensorProto Header, TensorProto Source)> Streamed => _streamed.Values;

    /// <summary>The constants whose data is in the graph, bodies' too.</summary>
    public IEnumerable<TensorProto> Tensors => TensorsOf(Proto);

    /// <summary>Renames the values of a graph, which is the caller's no more.</summary>
    public static PrefixedGraph Of(GraphProto graph, string prefix) => new(graph, prefix);

    /// <summary>What a value of the model's own graph is called now.</summary>
    public string NameOf(string value) => _names.Find(value);

    /// <summary>Drops the nodes and weights that none of these values needs.</summary>
    public void Keep(IEnumerable<string> values)
    {
        var needed = values.ToHashSet(StringComparer.Ordinal);
        var kept = new List<NodeProto>();
        foreach (NodeProto node in Proto.Node.Reverse())
        {
            if (node.Output.Any(needed.Contains))
            {
                kept.Add(node);
                needed.UnionWith(NamesRead(node));
            }
        }

        Proto.Node.Clear();
        Proto.Node.AddRange(Enumerable.Reverse(kept));
        TensorProto[] initializers = [.. Proto.Initializer.Where(i => needed.Contains(i.Name))];
        Proto.Initializer.Clear();
        Proto.Initializer.AddRange(initializers);
        foreach (string unused in _streamed.Keys.Where(name => !needed.Contains(name)).ToArray())
        {
            _streamed.Remove(unused);
        }
    }

    /// <summary>The values from outside that a node reads, in its bodies too.</summary>
    public static IEnumerable<string> NamesRead(NodeProto node) => node.Input.Where(i => i.Length > 0).Concat(OnnxNode.Bodies(node).SelectMany(NamesRead)).Distinct();

    private static IEnumerable<string> NamesRead(GraphProto body)
    {
        var own = body.Input.Select(i => i.Name).Concat(body.Initializer.Select(i => i.Name)).Concat(body.Node.SelectMany(n => n.Output)).ToHashSet(StringComparer.Ordinal);
        return body.Node.SelectMany(NamesRead).Concat(body.Output.Select(o => o.Name)).Where(name => !own.Contains(name));
    }

    private static IEnumerable<TensorProto> TensorsOf(GraphProto graph) => graph.Initializer.Concat(graph.Node.SelectMany(n =>
        (n.OpType == "Constant" && OnnxNode.Find(n, "value")?.T is { } tensor ? [tensor] : Enumerable.Empty<TensorProto>()).Concat(OnnxNode.Bodies(n).SelectMany(TensorsOf))));

    private void Rename(GraphProto graph, Scope scope)
    {
        // Old files list weights among the inputs too.
        var weights = graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        ValueInfoProto[] inputs = [.. graph.Input.Where(i => !weights.Contains(i.Name))];
        foreach (ValueInfoProto input in inputs)
        {
            input.Name = Add(input.Name, scope);
        }

        graph.Input.Clear();
        graph.Input.AddRange(inputs);
        TensorProto[] initializers = [.. graph.Initializer];
        graph.Initializer.Clear();
        foreach (TensorProto initializer in initializers)
        {
            if (!Hoist(initializer, initializer.Name, scope))
            {
                initializer.Name = Add(initializer.Name, scope);
                graph.Initializer.Add(initializer);
            }
        }

        // All of a graph's own values come before those of its bodies, which may have the same names.
        NodeProto[] nodes = [.. graph.Node.Where(n => !(n.OpType == "Constant" && OnnxNode.Find(n, "value")?.T is { } tensor && Hoist(tensor, n.Output[0], scope)))];
        graph.Node.Clear();
        foreach (string output in nodes.SelectMany(n => n.Output).Where(o => o.Length > 0))
        {
            Add(output, scope);
        }

        foreach (NodeProto node in nodes)
        {

            node.Name = node.Name.Length > 0 ? _prefix + node.Name : "";
            for (int i = 0; i < node.Input.Count; i++)
            {
                node.Input[i] = scope.Find(node.Input[i]);
            }

            foreach (GraphProto body in OnnxNode.Bodies(node))
            {
                Rename(body, new Scope(scope));
            }

            for (int i = 0; i < node.Output.Count; i++)
            {
                node.Output[i] = scope.Find(node.Output[i]);
            }

            graph.Node.Add(node);
        }

        foreach (ValueInfoProto output in graph.Output)
        {
            string name = scope.Find(output.Name);
            if (scope.Outer is not null && _streamed.ContainsKey(name))
            {
                // A body gives what it made itself.
                var given = new NodeProto { OpType = "Identity", Name = _taken.Make(name), Input = { name }, Output = { _taken.Make(name) } };
                graph.Node.Add(given);
                name = given.Output[0];
            }

            output.Name = name;
        }

        graph.ValueInfo.Clear();
    }

    private bool Hoist(TensorProto tensor, string name, Scope scope)
    {
        if (!OnnxWeightFiles.IsOutside(tensor))
        {
            return false;
        }

        string renamed = Add(name, scope);
        _streamed.Add(renamed, (Fp16Rewriter.Header(tensor, renamed, (OnnxType)tensor.DataType), tensor));
        return true;
    }

    private string Add(string name, Scope scope) => scope.Add(name, _taken.Make(_prefix + name));

    /// <summary>The new names of a graph's values.</summary>
    private sealed class Scope(Scope? outer)
    {
        private readonly Dictionary<string, string> _own = new(StringComparer.Ordinal);

        public Scope? Outer => outer;

        public string Add(string name, string renamed) => _own[name] = renamed;

        /// <summary>An empty name stays: it stands for an input that is left out.</summary>
        public string Find(string name) => _own.GetValueOrDefault(name) ?? (outer is null ? name : outer.Find(name));
    }
}
