namespace Pinion;

/// <summary>How a cache keeps and builds plans. Every property has a default.</summary>
public sealed record EngineCacheOptions
{
    /// <summary>How large the cache may become, in bytes. What was used least recently goes first, after a build; never a plan that somebody has open.
    /// Default: null, as large as it becomes.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Whether to build in this process instead of one of its own. Default: false.</summary>
    public bool InProcess { get; init; }

    /// <summary>With what, and within which limits, plans are built in a process of its own. Default: every default.</summary>
    public IsolationOptions Isolation { get; init; } = new();

    internal void Validate()
    {
        if (MaxBytes is { } bytes)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes, nameof(MaxBytes));
        }

        ArgumentNullException.ThrowIfNull(Isolation);
        Isolation.Validate();
        if (InProcess && Isolation != new IsolationOptions())
        {
            throw CacheErrors.IsolationInProcess();
        }
    }
}
