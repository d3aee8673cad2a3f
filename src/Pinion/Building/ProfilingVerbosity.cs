namespace Pinion;

/// <summary>What an engine can tell of its layers later.</summary>
public enum ProfilingVerbosity
{
    /// <summary>Names only.</summary>
    LayerNames = 0,

    /// <summary>Nothing.</summary>
    None = 1,

    /// <summary>Names, types, formats and tactics.</summary>
    Detailed = 2,
}
