namespace Pinion;

/// <summary>What an SDK can do here.</summary>
/// <param name="Sdk">What it stands on.</param>
/// <param name="CannotRun">Why engines cannot run with it; null if they can.</param>
/// <param name="CannotBuild">Why engines cannot be built with it; null if they can.</param>
public sealed record SdkStatus(Sdk Sdk, string? CannotRun, string? CannotBuild);
