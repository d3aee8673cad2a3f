namespace Pinion.Bindings;

/// <summary>What became of one SDK.</summary>
/// <param name="Sdk">A name of <see cref="NativeSdk"/>.</param>
/// <param name="Outcome">How far it got.</param>
/// <param name="Path">The file that was loaded or came nearest to it; null where there is none.</param>
/// <param name="Reason">Why it is not usable, in full; empty if it is.</param>
internal sealed record NativeLoadAttempt(string Sdk, NativeLoadOutcome Outcome, string? Path, string Reason);
