using System.Globalization;

namespace Pinion.Hosting;

/// <summary>What callers are told, with its traces and metrics. Threads: any; without the model's lock.</summary>
/// <param name="tags">The model's.</param>
/// <param name="clock">The model's.</param>
/// <param name="waitingLimit">Rows that may wait at present.</param>
/// <param name="stateReason">Why the model does not work at present.</param>
internal sealed class Answers(ModelTags tags, Clock clock, Func<long> waitingLimit, Func<string?> stateReason)
{
    /// <summary>Tells the caller. Nothing of the request is this thread's after that.</summary>
    /// <param name="request">It has ended.</param>
    /// <param name="inline">Whether the caller may go on here, on a thread that has nothing else to do.</param>
    public void Give(PendingRequest request, bool inline)
    {
        TimeSpan total = clock.Since(request.Arrived);
        int batchSize = request.Result?.Timings.BatchSize ?? 0;
        KeyValuePair<string, object?>[] outcome;
        switch (request.Outcome)
        {
            case Outcome.Succeeded:
                PinionTelemetry.RequestSucceeded(tags, request.Result!.Timings.Queue, total);
                outcome = tags.Succeeded;
                break;
            case Outcome.Failed:
                PinionTelemetry.RequestFailed(tags, total);
                outcome = tags.Failed;
                break;
            case Outcome.Refused:
                TimeSpan? deadline = request.Deadline == Clock.Never ? null : clock.Between(request.Arrived, request.Deadline);
                request.Error = Refuse(request.Reason, total, deadline);
                outcome = tags.Refused(request.Reason);
                break;
            default:
                PinionTelemetry.RequestCancelled(tags, total);
                request.Result?.Dispose();
                request.Error = new OperationCanceledException(request.CancellationToken);
                outcome = tags.Cancelled;
                break;
        }

        PinionTelemetry.EndInfer(request.Activity, outcome, batchSize, request.Error);
        request.Complete(inline);
    }

    /// <summary>The refusal of a request that was not taken on, whose task was never given out.</summary>
    public RequestRefusedException Refuse(PendingRequest request, RefusalReason reason, TimeSpan? deadline)
    {
        RequestRefusedException exception = Refuse(reason, clock.Since(request.Arrived), deadline);
        PinionTelemetry.EndInfer(request.Activity, tags.Refused(reason), 0, exception);
        return exception;
    }

    private RequestRefusedException Refuse(RefusalReason reason, TimeSpan waited, TimeSpan? deadline)
    {
        PinionTelemetry.RequestRefused(tags, reason, waited);
        string message = reason switch
        {
            RefusalReason.QueueFull => string.Create(CultureInfo.InvariantCulture,
                $"Model '{tags.Name}' has as many rows waiting as may: {waitingLimit()}. Send less, or later, or raise QueueCapacity."),
            RefusalReason.Deadline => string.Create(CultureInfo.InvariantCulture,
                $"Model '{tags.Name}' cannot answer within {deadline?.TotalMilliseconds ?? waited.TotalMilliseconds:0.###} ms."),
            RefusalReason.Stopping => $"Model '{tags.Name}' is being stopped.",
            _ => $"Model '{tags.Name}' has no instance that works: {stateReason()}",
        };
        return new RequestRefusedException(message, tags.Name, reason);
    }
}
