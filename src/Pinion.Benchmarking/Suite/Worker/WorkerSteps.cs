namespace Pinion.Benchmarking;

/// <summary>The steps of a suite, wherever they are done.</summary>
internal static class WorkerSteps
{
    /// <summary>Does one step; what goes wrong is the answer, in the words that `describe` has for it.</summary>
    public static WorkerAnswer Answer(WorkerRequest request, Func<Exception, string> describe, CancellationToken token)
    {
        try
        {
            return request switch
            {
                { Probe: { } probe } => new WorkerAnswer(CellStatus.Measured, null, Probe: Prober.Run(probe, describe)),
                { Build: { } build } => new WorkerAnswer(CellStatus.Measured, null, Build: CellBuilder.Run(build, token)),
                { Reference: { } reference } => CellReference.Run(reference),
                { Measure: { } measure } => new WorkerAnswer(CellStatus.Measured, null, Measure: CellMeasurer.Run(measure, token)),
                _ => new WorkerAnswer(CellStatus.Failed, "The request asks for nothing."),
            };
        }
        catch (Exception e)
        {
            bool memory = e is OutOfMemoryException or PinionException { Status: PinionStatus.OutOfMemory or PinionStatus.DeviceOutOfMemory };
            string log = e is PinionException { TensorRtLog: { } lines } && !string.IsNullOrWhiteSpace(lines) ? $" TensorRT: {lines.Trim().Split('\n')[0]}" : "";
            return new WorkerAnswer(memory ? CellStatus.OutOfMemory : CellStatus.Failed, describe(e) + log);
        }
    }
}
