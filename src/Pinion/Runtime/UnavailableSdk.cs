namespace Pinion;

/// <summary>An SDK that is not in use, and why.</summary>
/// <param name="Sdk"><c>nvidia</c>, <c>cuda</c> or <c>host</c>.</param>
/// <param name="Reason">What is missing, down to the library or symbol.</param>
public sealed record UnavailableSdk(string Sdk, string Reason);
