namespace Pinion.Benchmarking;

/// <summary>
/// One counted run, in milliseconds. H2D, compute, D2H and enqueue come from the device's events and the native clock, the wall time
/// from C#'s clock.
/// </summary>
/// <param name="H2dMs">Copying the inputs to the device.</param>
/// <param name="ComputeMs">The work of the device between the copies.</param>
/// <param name="D2hMs">Copying the outputs back.</param>
/// <param name="EnqueueMs">The host's time to put the run into the stream.</param>
/// <param name="WallMs">From the call in C# to the readable output.</param>
/// <param name="StartMs">When the run started, counted from the start of the loop.</param>
/// <param name="CallMs">From the call in C# to the native one; 0 where that is not known.</param>
/// <param name="NativeMs">From the native call until completion was seen.</param>
public readonly record struct LatencySample(
    float H2dMs, float ComputeMs, float D2hMs, float EnqueueMs, double WallMs, double StartMs, float CallMs = 0, float NativeMs = 0)
{
    /// <summary>trtexec's latency: copy in, compute and copy out, without the time between them.</summary>
    public double LatencyMs => (double)H2dMs + ComputeMs + D2hMs;
}
