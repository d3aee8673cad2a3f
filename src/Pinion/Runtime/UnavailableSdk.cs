namespace Pinion;

/// <summary>An SDK that is not in use, and why.</summary>
/// <param name="Sdk">What it stands on.</param>
/// <param name="Reason">What is missing, down to the library or symbol.</param>
public sealed record UnavailableSdk(Sdk Sdk, string Reason);
