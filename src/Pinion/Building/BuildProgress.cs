namespace Pinion;

/// <summary>Where a build is. Every TensorRT reports the phases <c>parse</c>, <c>build</c> and <c>serialize</c>, TensorRT 10
/// and later also its own steps within them.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Parent">The enclosing phase, or null.</param>
/// <param name="Step">Steps done.</param>
/// <param name="StepCount">Steps in all; 0 where unknown.</param>
/// <param name="Elapsed">Time since the start of the build.</param>
public sealed record BuildProgress(string Phase, string? Parent, int Step, int StepCount, TimeSpan Elapsed);
