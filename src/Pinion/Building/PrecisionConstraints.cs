namespace Pinion;

/// <summary>How binding <see cref="EngineBuildOptions.LayerPrecisions"/> are.</summary>
public enum PrecisionConstraints
{
    /// <summary>There are none.</summary>
    None = 0,

    /// <summary>They hold unless no implementation exists; then TensorRT warns.</summary>
    Prefer = 1,

    /// <summary>They hold, or the build fails.</summary>
    Obey = 2,
}
