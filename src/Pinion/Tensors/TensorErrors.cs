namespace Pinion;

#pragma warning disable CA2208 // The parameter named is that of the method which throws.

/// <summary>What is wrong with shapes, names and types of tensors.</summary>
internal static class TensorErrors
{
    internal static ArgumentException RankTooLarge(int rank, string name) =>
        new($"A shape has at most {TensorShape.MaxRank} dimensions, not {rank}.", name);

    internal static ArgumentException NegativeDimension(long dimension, string name) =>
        new($"{dimension} is no dimension: use 0 or more, or -1 for a dynamic one.", name);

    internal static InvalidOperationException DynamicShapeHasNoCount(TensorShape shape) =>
        new($"The shape {shape} is dynamic and has no element count.");

    internal static InvalidOperationException ScalarHasNoBatch() => new("A scalar has no first dimension.");

    internal static FormatException BadShape(ReadOnlySpan<char> text) =>
        new($"'{text}' is no shape: write it as 1x3x224x224, with at most {TensorShape.MaxRank} dimensions, -1 where dynamic.");

    internal static ArgumentException NoCommonRank(IReadOnlyList<TensorShape> shapes, string name) =>
        new(shapes.Count == 0 ? "There is no shape to cover." : $"Shapes of one range have one rank: {string.Join(", ", shapes)}.", name);

    internal static ArgumentException UnknownTensor(string name, string kind, IReadOnlyList<TensorInfo> candidates) =>
        new($"There is no {kind} '{name}'. {NearestName.Hint(name, [.. candidates.Select(t => t.Name)])}", nameof(name));

    internal static ArgumentException WrongMode(TensorInfo tensor) => tensor.Mode == TensorMode.Input
        ? new($"'{tensor.Name}' is an input, not an output.", "name")
        : new($"'{tensor.Name}' is an output, not an input.", "name");

    internal static ArgumentException WrongType<T>(TensorInfo tensor)
        where T : unmanaged =>
        new($"'{tensor.Name}' is {tensor.DataType}: use {TensorDataTypeExtensions.GetKeyword(tensor.DataType.GetElementType())}, not {TensorDataTypeExtensions.GetKeyword(typeof(T))}.", nameof(T));

    internal static PinionException UnknownDataType(string? type, string? tensor) =>
        new($"The tensor '{tensor}' has the element type '{type}', which this Pinion does not know.", PinionStatus.Unsupported, "describe");
}
