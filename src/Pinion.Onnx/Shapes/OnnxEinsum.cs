namespace Pinion.Onnx;

/// <summary>The sizes behind the letters of an Einsum equation of one or two operands, without ellipsis.</summary>
internal sealed record OnnxEinsum(IReadOnlyList<long?> Output, long? Products)
{
    public static OnnxEinsum? Parse(OnnxNode node)
    {
        string equation = node.Text("equation", "").Replace(" ", "", StringComparison.Ordinal);
        string[] sides = equation.Split("->");
        string[] terms = sides[0].Split(',');
        if (equation.Contains('.', StringComparison.Ordinal) || sides.Length != 2 || terms.Length != node.InputCount || terms.Length > 2)
        {
            return null;
        }

        var sizes = new Dictionary<char, long?>();
        for (int i = 0; i < terms.Length; ++i)
        {
            if (node.Input(i).Shape is { } shape && shape.Count == terms[i].Length)
            {
                for (int axis = 0; axis < shape.Count; ++axis)
                {
                    sizes[terms[i][axis]] = sizes.GetValueOrDefault(terms[i][axis]) ?? shape[axis];
                }
            }
            else
            {
                return null;
            }
        }

        return new OnnxEinsum([.. sides[1].Select(c => sizes.GetValueOrDefault(c))], terms.Length == 2 ? OnnxValue.Product(sizes.Values) : 0);
    }
}
