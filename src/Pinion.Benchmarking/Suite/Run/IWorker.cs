namespace Pinion.Benchmarking;

/// <summary>Does the steps of a suite.</summary>
internal interface IWorker
{
    /// <summary>Does one step. What goes wrong in it is the answer; nothing is thrown for it.</summary>
    /// <exception cref="OperationCanceledException">The suite is to stop; the step has ended.</exception>
    WorkerAnswer Run(WorkerRequest request, TimeSpan limit, CancellationToken token, params (string Name, string Value)[] environment);
}
