namespace Pinion.Cli.Measuring;

/// <summary>
/// One counted run. The first four come from the device's events and the native clock, wall time from C#'s clock. CallMs is
/// from the C# call to the native one, NativeMs from there until completion was seen.
/// </summary>
internal readonly record struct Sample(
    float H2dMs, float ComputeMs, float D2hMs, float EnqueueMs, double WallMs, double StartMs, float CallMs = 0, float NativeMs = 0)
{
    /// <summary>trtexec's latency: copy in, compute and copy out, without the time between them.</summary>
    public double LatencyMs => (double)H2dMs + ComputeMs + D2hMs;
}
