using System.Globalization;
using System.Text;

namespace Pinion.Cli;

/// <summary>Shapes as trtexec writes them: <c>1x3x224x224</c>, a scalar as <c>scalar</c>, a dynamic dimension as <c>-1</c>.</summary>
internal static class TensorText
{
    public static string Shape(ReadOnlySpan<long> shape)
    {
        if (shape.IsEmpty)
        {
            return "scalar";
        }
        var text = new StringBuilder();
        foreach (long dimension in shape)
        {
            text.Append(text.Length == 0 ? "" : "x").Append(dimension.ToString(CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }

    public static string Shape(TensorShape shape) => Shape(Dimensions(shape));

    public static long[] Dimensions(TensorShape shape) => shape.ToArray();
}
