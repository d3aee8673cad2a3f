namespace Pinion;

/// <summary>One optimization profile of an engine or plan.</summary>
/// <param name="Inputs">The range of each input by its name.</param>
public sealed record ProfileInfo(IReadOnlyDictionary<string, ShapeRange> Inputs)
{
    /// <summary>The form that <see cref="OptimizationProfile.Parse"/> reads.</summary>
    public override string ToString() => string.Join(' ', Inputs.Select(i => $"{i.Key}:{i.Value}"));
}
