namespace Pinion;

/// <summary>One difference of two plans.</summary>
/// <param name="Aspect">What it belongs to.</param>
/// <param name="Subject">What differs: <c>plan</c>, <c>options</c>, an input, output or profile, or a layer by its name.</param>
/// <param name="Property">What of it, as the header or TensorRT's inspector names it.</param>
/// <param name="First">Its value in the first plan; null where that has none.</param>
/// <param name="Second">Its value in the second; null where that has none.</param>
public sealed record PlanDifference(PlanAspect Aspect, string Subject, string Property, string? First, string? Second);
