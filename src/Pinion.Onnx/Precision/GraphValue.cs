namespace Pinion.Onnx;

/// <summary>What a value is computed from.</summary>
internal enum ValueOrigin
{
    /// <summary>Inputs of the model, by way of weights.</summary>
    Activation,

    /// <summary>Constants alone.</summary>
    Constant,

    /// <summary>Whole numbers, cast to floats: sizes, positions, masks.</summary>
    Integers,
}

/// <summary>A value of a model that is converted: an input, a constant, or an output of a node.</summary>
internal sealed class GraphValue(string name, OnnxType type, bool isTensor, ModelGraph owner)
{
    public string Name => name;

    /// <summary>The type of the elements as the model has it; undefined where nothing says it.</summary>
    public OnnxType Type { get; } = type;

    /// <summary>Not a sequence or an optional.</summary>
    public bool IsTensor => isTensor;

    /// <summary>The graph that it is made in.</summary>
    public ModelGraph Owner => owner;

    /// <summary>Only such values can become FP16.</summary>
    public bool IsFloat32 => Type == OnnxType.Float32 && isTensor;

    /// <summary>The elements of a constant, which has no producer then.</summary>
    public TensorProto? Constant { get; init; }

    public GraphNode? Producer { get; init; }

    /// <summary>The inputs of nodes, also inside of bodies, that are this value.</summary>
    public List<(GraphNode Node, int Input)> Uses { get; } = [];

    /// <summary>Whether it is an output of the model, whose name and type must stay.</summary>
    public bool IsModelOutput { get; set; }

    public ValueOrigin Origin { get; set; }

    /// <summary>The type that its producer gives after the conversion.</summary>
    public OnnxType Native { get; set; } = type;

    /// <summary>Whether it is computed in an FP32 part that the model's author made by casts.</summary>
    public bool IsDeliberate { get; set; }

    /// <summary>Whether it comes from a DequantizeLinear by way of nothing but its like.</summary>
    public bool IsDequantized { get; set; }

    /// <summary>What a Cast that becomes needless reads: this value is that one.</summary>
    public GraphValue? Alias { get; set; }

    /// <summary>Of constants, and of what only moves them: the largest finite magnitude. Null for others, and while not looked at.</summary>
    public float? Magnitude { get; set; }

    /// <summary>The magnitude of a constant that some of its elements may be, where FP16 does not hold it.</summary>
    public float? Extreme { get; set; }

    /// <summary>The names after the conversion; null where the value is not needed in that type.</summary>
    public string? HalfName { get; set; }

    public string? PlainName { get; set; }

    public bool IsWantedHalf { get; set; }

    public bool IsWantedPlain { get; set; }
}
