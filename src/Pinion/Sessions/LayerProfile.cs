namespace Pinion;

/// <summary>Time per layer, from TensorRT's profiler. Measuring slows the run: the parts matter, not the sum.</summary>
/// <param name="Iterations">Runs that were averaged over.</param>
/// <param name="Layers">In the order of execution.</param>
/// <param name="Json">As trtexec writes it.</param>
public sealed record LayerProfile(int Iterations, IReadOnlyList<LayerTime> Layers, string Json);
