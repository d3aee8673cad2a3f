namespace Pinion.Bindings;

/// <summary>What became of one SDK.</summary>
/// <param name="Sdk">A name of <see cref="NativeSdk"/>.</param>
/// <param name="Outcome">How far it got.</param>
/// <param name="Path">The file that was loaded or came nearest to it; null where there is none.</param>
/// <param name="RunProblem">Why engines cannot run with it, in full; empty if they can.</param>
/// <param name="BuildProblem">Why engines cannot be built with it, in full; empty if they can, null if nobody asked.</param>
internal sealed record NativeLoadAttempt(string Sdk, NativeLoadOutcome Outcome, string? Path, string RunProblem, string? BuildProblem = null)
{
    /// <summary>Whether the library can do at least one of the two, and has said so.</summary>
    internal bool IsOfUse => Outcome == NativeLoadOutcome.Usable || BuildProblem is "";
}
