namespace Pinion;

/// <summary>A plan in a cache. Values: the plan may be gone when they are read.</summary>
public sealed record CacheEntry
{
    /// <summary>SHA-256 of the ingredients, in hexadecimal; the name of its files.</summary>
    public required string Key { get; init; }

    /// <summary>What the model was called when the plan was built.</summary>
    public required string Model { get; init; }

    /// <summary>The plan's file.</summary>
    public required string Path { get; init; }

    /// <summary>Size of the plan in bytes.</summary>
    public required long PlanBytes { get; init; }

    /// <summary>Size of all that the entry keeps, in bytes: the plan, what is known of it, and kernels compiled for it.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>When it was built.</summary>
    public required DateTimeOffset BuiltAt { get; init; }

    /// <summary>How long that took.</summary>
    public required TimeSpan BuildTime { get; init; }

    /// <summary>When it was asked for last.</summary>
    public required DateTimeOffset LastUsed { get; init; }

    /// <summary>The SDK that built it.</summary>
    public required Sdk Sdk { get; init; }

    /// <summary>Its TensorRT, with all the numbers that are known.</summary>
    public required string TensorRt { get; init; }

    /// <summary>All that it is made of.</summary>
    public required IReadOnlyList<CacheIngredient> Ingredients { get; init; }

    /// <summary>SHA-256 of the plan.</summary>
    internal string PlanSha256 { get; init; } = "";

    /// <summary>SHA-256 of the plan's first bytes, in which its own checksums are.</summary>
    internal string HeadSha256 { get; init; } = "";
}
