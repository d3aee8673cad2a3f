namespace Pinion.Hosting;

/// <summary>What becomes of the requests of a batch that is over. Decisions only, under the model's lock; the batch itself stays as it is.</summary>
/// <param name="waiting">Where those go that run again.</param>
/// <param name="counters">Told of the others.</param>
/// <param name="lifetime">Whether there is time to run again.</param>
internal sealed class BatchOutcome(WaitingRequests waiting, Counters counters, Lifetime lifetime)
{
    /// <summary>The batch has run: its requests have results, or errors of their own.</summary>
    public void Succeed(Batch batch, ref Work work)
    {
        counters.CountBatch(batch.Rows);
        for (int i = 0; i < batch.Count; i++)
        {
            PendingRequest request = batch.Requests[i];
            counters.EndRun(request);

            // The token is asked as well: the thread that submits a request may run it before it listens for a cancellation.
            bool isCancelled = request.IsCancelled || request.CancellationToken.IsCancellationRequested;
            counters.End(request, isCancelled ? Outcome.Cancelled : request.Error is null ? Outcome.Succeeded : Outcome.Failed, ref work);
        }
    }

    /// <summary>The run failed: its requests run again alone; one that has failed before gets its exception.</summary>
    /// <returns>The first deadline of those that run again; <see cref="Clock.Never"/> if none has one.</returns>
    public long FailRun(Batch batch, Exception exception, ref Work work)
    {
        long deadline = Clock.Never;
        for (int i = 0; i < batch.Count; i++)
        {
            PendingRequest request = batch.Requests[i];
            bool mayRunAgain = request.Failure is null;
            (request.Failure, request.Error) = (exception, exception);
            deadline = Math.Min(deadline, EndFailed(request, mayRunAgain, ref work));
        }

        return deadline;
    }

    /// <summary>The batch could not be run, for the fault of its requests: those fail, the others run again alone.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="exception">What callers are told.</param>
    /// <param name="at">The request at fault; negative where all are.</param>
    /// <param name="work">Gets the answers.</param>
    /// <returns>As <see cref="FailRun"/>.</returns>
    public long FailRequests(Batch batch, Exception exception, int at, ref Work work)
    {
        long deadline = Clock.Never;
        for (int i = 0; i < batch.Count; i++)
        {
            bool isAtFault = at < 0 || i == at;
            batch.Requests[i].Error = isAtFault ? exception : null;
            deadline = Math.Min(deadline, EndFailed(batch.Requests[i], mayRunAgain: !isAtFault, ref work));
        }

        return deadline;
    }

    private long EndFailed(PendingRequest request, bool mayRunAgain, ref Work work)
    {
        counters.EndRun(request);
        if (request.IsCancelled)
        {
            counters.End(request, Outcome.Cancelled, ref work);
        }
        else if (mayRunAgain && !lifetime.IsOutOfTime)
        {
            request.Error = null;
            request.Level = 0;
            waiting.Add(request);
            return request.Deadline;
        }
        else if ((request.Error ?? request.Failure) is null)
        {
            // Another's memory spoilt the batch, and there is no time left to run it again.
            counters.Refuse(request, RefusalReason.Stopping, ref work);
        }
        else
        {
            request.Error ??= request.Failure;
            counters.End(request, Outcome.Failed, ref work);
        }

        return Clock.Never;
    }
}
