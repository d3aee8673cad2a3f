namespace Pinion.Zoo;

/// <summary>Where the values of a state dict come from.</summary>
internal interface IWeightSource : IDisposable
{
    /// <summary>Throws if the source does not hold exactly these tensors.</summary>
    void Check(IReadOnlyList<Parameter> parameters);

    /// <summary>Fills `elements` from the tensor's element `offset` on. A tensor is read from its first element to its last.</summary>
    void Read(Parameter parameter, long offset, Span<float> elements);
}
