namespace Pinion;

/// <summary>No native library of Pinion is usable here. The message lists every one that was tried, and why not.</summary>
public sealed class PinionLoadException : PinionException
{
    /// <summary>Makes an exception. Pinion's own come with all properties set.</summary>
    public PinionLoadException(string message, IReadOnlyList<UnavailableSdk>? attempts = null)
        : base(message, PinionStatus.NotFound, "load native library") => Attempts = attempts ?? [];

    /// <summary>The SDKs that were tried, in order, with the reason of each.</summary>
    public IReadOnlyList<UnavailableSdk> Attempts { get; }
}
