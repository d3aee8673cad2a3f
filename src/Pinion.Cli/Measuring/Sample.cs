namespace Pinion.Cli.Measuring;

/// <summary>One counted run. The first four come from the device's events and the native clock, wall time from C#'s clock.</summary>
internal readonly record struct Sample(float H2dMs, float ComputeMs, float D2hMs, float EnqueueMs, double WallMs, double StartMs)
{
    /// <summary>trtexec's latency: copy in, compute and copy out, without the time between them.</summary>
    public double LatencyMs => (double)H2dMs + ComputeMs + D2hMs;
}
