namespace Pinion;

/// <summary>How a plan is loaded.</summary>
public sealed record EngineLoadOptions
{
    /// <summary>The device to run on. Default: 0.</summary>
    public int Device { get; init; }

    /// <summary>TensorRT plugin libraries to load first. NVIDIA's own plugins are always there. Default: none.</summary>
    public IReadOnlyList<string> PluginLibraries { get; init; } = [];

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Device);
        Errors.ThrowIfAnyNull(PluginLibraries, nameof(PluginLibraries));
    }
}
