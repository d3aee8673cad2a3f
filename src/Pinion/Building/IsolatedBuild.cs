namespace Pinion;

/// <summary>What a build in a process of its own gave.</summary>
/// <param name="Plan">The plan. Owner: the caller, who disposes it.</param>
/// <param name="Sdk">The SDK that built it.</param>
/// <param name="TensorRt">Its TensorRT.</param>
/// <param name="BuildTime">How long the build took, without the start of the process.</param>
/// <param name="PeakMemoryBytes">The most memory that the process had resident; 0 where the system does not tell.</param>
public sealed record IsolatedBuild(Plan Plan, Sdk Sdk, Version? TensorRt, TimeSpan BuildTime, long PeakMemoryBytes);
