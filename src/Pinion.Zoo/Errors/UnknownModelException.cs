namespace Pinion.Zoo;

/// <summary>The zoo has no model of that name.</summary>
public sealed class UnknownModelException(string name, string? nearest)
    : ArgumentException($"There is no model '{name}' in the zoo{(nearest is null ? "." : $"; did you mean '{nearest}'?")}")
{
    /// <summary>The name that was asked for.</summary>
    public string Name { get; } = name;

    /// <summary>The nearest name there is; null if none is near.</summary>
    public string? Nearest { get; } = nearest;
}
