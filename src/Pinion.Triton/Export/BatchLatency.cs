namespace Pinion.Triton;

/// <summary>Throughput and latency of one batch size.</summary>
/// <param name="Batch">The rows.</param>
/// <param name="LatencyMs">The median wall time of a run.</param>
/// <param name="RowsPerSecond">The throughput.</param>
public sealed record BatchLatency(int Batch, double LatencyMs, double RowsPerSecond);

/// <summary>Latencies by batch size, and where they are from.</summary>
/// <param name="On">A sentence on the machine and the software.</param>
/// <param name="Batches">One each for the batch sizes that were measured.</param>
public sealed record MeasuredLatencies(string On, IReadOnlyList<BatchLatency> Batches);
