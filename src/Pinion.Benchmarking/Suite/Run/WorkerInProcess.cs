namespace Pinion.Benchmarking;

/// <summary>Does the steps here: a crash ends the suite, and a step ends at its limit only where it looks at its token.</summary>
internal sealed class WorkerInProcess : IWorker
{
    public WorkerAnswer Run(WorkerRequest request, TimeSpan limit, CancellationToken token, params (string Name, string Value)[] environment)
    {
        if (environment.Length > 0)
        {
            return new WorkerAnswer(CellStatus.Failed, $"it needs a process of its own, with {string.Join(", ", environment.Select(e => $"{e.Name}={e.Value}"))}.");
        }

        if (limit <= TimeSpan.Zero)
        {
            return WorkerAnswer.NoTimeLeft;
        }

        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(limit);
        WorkerAnswer answer = WorkerSteps.Answer(request, e => e.Message, time.Token);
        token.ThrowIfCancellationRequested();
        return answer.Status != CellStatus.Measured && time.IsCancellationRequested ? WorkerAnswer.EndedAt(limit) : answer;
    }
}
