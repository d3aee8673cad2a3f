namespace Pinion;

/// <summary>What a cache did for a request, and why.</summary>
public sealed record CacheReport
{
    /// <summary>Whether the plan was there or was built.</summary>
    public required CacheOutcome Outcome { get; init; }

    /// <summary>The plan. Its file is not there where <see cref="NotKept"/> says why.</summary>
    public required CacheEntry Entry { get; init; }

    /// <summary>Why it was built, in words; empty for a hit.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Why the plan that was built could not be kept, a full disk for example; null where it is kept.</summary>
    public string? NotKept { get; init; }

    /// <summary>The most memory that the process of the build had resident; null for a hit, a build in this process, or where the system does not tell.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Plans that were deleted to stay within <see cref="EngineCacheOptions.MaxBytes"/>.</summary>
    public IReadOnlyList<CacheEntry> Deleted { get; init; } = [];
}
