namespace Pinion.Hosting;

/// <summary>What is noted just before a batch is run, for <see cref="PinionTelemetry.BatchDone"/>.</summary>
/// <param name="Timestamp">Stopwatch's.</param>
/// <param name="GcPauseTicks">The process's GC pauses so far, in ticks of 100 ns; -1 if nobody wants them.</param>
internal readonly record struct BatchStart(long Timestamp, long GcPauseTicks);
