namespace Pinion.Fp16;

/// <summary>How far a guard is.</summary>
/// <param name="Step">What it does, such as <c>FP16, 3 nodes kept</c>.</param>
/// <param name="Done">Samples that are done in this step.</param>
/// <param name="Total">Samples of this step.</param>
/// <param name="Left">Time that is left for this step; null while it is not known.</param>
public readonly record struct GuardProgress(string Step, int Done, int Total, TimeSpan? Left);
