namespace Pinion;

/// <summary>The precision of one layer, or of several.</summary>
/// <param name="Layer">The layer's name in the network; a <c>*</c> at the end matches any rest.</param>
/// <param name="Precision">What it computes in.</param>
public sealed record LayerPrecision(string Layer, Precision Precision);
