namespace Pinion.Onnx;

/// <summary>Names of element types.</summary>
public static class OnnxTypeExtensions
{
    /// <summary>The name in NumPy's words, such as <c>float32</c>; that of the member where NumPy has none.</summary>
    public static string GetName(this OnnxType type) => type.ToString().ToLowerInvariant();

    /// <summary>The type of a name as <see cref="GetName"/> gives it.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static OnnxType Parse(string name) => Enum.Parse<OnnxType>(name, ignoreCase: true);
}
