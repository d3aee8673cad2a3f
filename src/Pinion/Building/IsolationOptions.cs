namespace Pinion;

/// <summary>With what, and within which limits, a build in a process of its own works. Every property has a default.</summary>
public sealed record IsolationOptions
{
    /// <summary>The SDK to build with, whichever this process has in use; the environment variable <c>PINION_SDK</c> goes before. Default: null, the one in use.</summary>
    public Sdk? Sdk { get; init; }

    /// <summary>How long the build may take. Default: null, as long as it takes.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>How much memory the build's process may have resident, in bytes; it is looked at every 50 ms. Address space does not count, of which CUDA reserves far more.
    /// Default: null, as much as there is.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>A folder, made if need be. A build that crashes, is killed or reaches a limit leaves its model in it and how it was built, in a folder of its own.
    /// Default: null, nothing is kept.</summary>
    public string? ReproducerFolder { get; init; }

    internal void Validate()
    {
        if (Sdk is { } sdk)
        {
            Errors.ThrowIfUndefined(sdk, nameof(Sdk));
        }

        if (TimeLimit is { } time && time <= TimeSpan.Zero)
        {
            throw BuildErrors.TimeLimitOutOfRange(time);
        }

        if (MemoryLimitBytes is { } bytes)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes, nameof(MemoryLimitBytes));
        }

        if (ReproducerFolder is { } folder)
        {
            ArgumentException.ThrowIfNullOrEmpty(folder, nameof(ReproducerFolder));
        }
    }
}
