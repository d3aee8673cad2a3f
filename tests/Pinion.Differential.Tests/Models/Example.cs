namespace Pinion.Differential.Tests;

/// <summary>A dimension; one with a name is open, from its size to the largest.</summary>
internal sealed record Axis(long Size, string? Name = null, long Largest = 0)
{
    private const char Separator = '_';

    /// <summary>One that is open and has no name.</summary>
    public static Axis Unsaid { get; } = new(0, "");

    public TensorShapeProto.Types.Dimension ToDimension() => Name is null ? Size : Name.Length == 0 ? new TensorShapeProto.Types.Dimension() : $"{Name}{Separator}{Size}{Separator}{Largest}";

    /// <summary>The range that <see cref="ToDimension"/> wrote into a name.</summary>
    public static (long Smallest, long Largest)? RangeOf(string name) =>
        name.Split(Separator) is [.., string from, string to] && long.TryParse(from, out long smallest) && long.TryParse(to, out long largest) ? (smallest, largest) : null;
}

/// <summary>An input of an example.</summary>
/// <param name="Type">Null for the type that variants exchange.</param>
/// <param name="Shape">Null where none is declared.</param>
/// <param name="IsConstant">Whether the model holds its elements.</param>
/// <param name="Values">The elements of a constant; null for any.</param>
internal sealed record Operand(OnnxType? Type, IReadOnlyList<Axis>? Shape, bool IsConstant = false, IReadOnlyList<double>? Values = null);

/// <summary>An output of an example.</summary>
/// <param name="Type">Null for the type that variants exchange.</param>
/// <param name="Shape">Null where none is declared.</param>
/// <param name="IsNamed">One without a name is not asked for.</param>
internal sealed record Result(OnnxType? Type, IReadOnlyList<Axis>? Shape, bool IsNamed = true);

/// <summary>A node and what goes in and out.</summary>
/// <param name="Name">The example's, not the node's.</param>
/// <param name="First">The first opset that has this form.</param>
/// <param name="Last">The last one.</param>
/// <param name="IsValid">Whether ONNX allows it.</param>
/// <param name="Inputs">Null for one that is left out.</param>
/// <param name="Outputs">All that the node makes.</param>
/// <param name="Attributes">The node's.</param>
internal sealed record Example(
    string Name, int First, int Last, bool IsValid, IReadOnlyList<Operand?> Inputs, IReadOnlyList<Result> Outputs, IReadOnlyList<AttributeProto> Attributes)
{
    private const int OpsetOfIr9 = 19;
    private const int OpsetOfIr10 = 21;

    /// <summary>The model of one node.</summary>
    public ModelProto ToModel(string operation, int opset, OnnxType exchanged)
    {
        ModelProto model = Empty(opset);
        var node = new NodeProto { OpType = operation, Name = $"{operation}_0", Attribute = { Attributes.Select(a => a.Clone()) } };
        for (int i = 0; i < Inputs.Count; i++)
        {
            string name = Inputs[i] is null ? "" : $"{(char)('a' + i)}";
            node.Input.Add(name);
            if (Inputs[i] is { } input)
            {
                Declare(model.Graph, name, input, exchanged);
            }
        }

        for (int i = 0; i < Outputs.Count; i++)
        {
            string name = Outputs[i].IsNamed ? $"y{i}" : "";
            node.Output.Add(name);
            if (Outputs[i].IsNamed)
            {
                model.Graph.Output.Add(Info(name, Outputs[i].Type ?? exchanged, Outputs[i].Shape));
            }
        }

        model.Graph.Node.Add(node);
        return model;
    }

    public static ModelProto Empty(int opset)
    {
        ModelProto model = new OnnxModel("graph", opset).Proto;
        model.IrVersion = opset >= OpsetOfIr10 ? 10 : opset >= OpsetOfIr9 ? 9 : model.IrVersion;
        return model;
    }

    public static ValueInfoProto Info(string name, OnnxType type, IReadOnlyList<Axis>? shape)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type };
        if (shape is not null)
        {
            tensor.Shape = new TensorShapeProto { Dim = { shape.Select(a => a.ToDimension()) } };
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    private static void Declare(GraphProto graph, string name, Operand input, OnnxType exchanged)
    {
        OnnxType type = input.Type ?? exchanged;
        if (input.IsConstant)
        {
            graph.Initializer.Add(Elements.Constant(name, type, [.. input.Shape!.Select(a => a.Size)], input.Values));
        }
        else
        {
            graph.Input.Add(Info(name, type, input.Shape));
        }
    }
}

/// <summary>An operator of ONNX's own domain.</summary>
/// <param name="Name">As models write it.</param>
/// <param name="Versions">The opsets that changed it.</param>
/// <param name="Exchanged">The type that variants exchange.</param>
/// <param name="Examples">The first is the plainest.</param>
internal sealed record Operator(string Name, IReadOnlyList<int> Versions, OnnxType Exchanged, IReadOnlyList<Example> Examples)
{
    public const int FirstOpset = 11;
    public const int LastOpset = 22;

    /// <summary>One opset for each form that the operator has, and the last of all.</summary>
    public IEnumerable<int> Opsets => Versions.Select(v => Math.Max(v, FirstOpset)).Append(LastOpset).Distinct();
}
