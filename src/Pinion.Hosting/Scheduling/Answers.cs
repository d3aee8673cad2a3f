using System.Globalization;

namespace Pinion.Hosting.Batching;

/// <summary>What callers are told, and what is counted of it.</summary>
internal sealed partial class Scheduler
{
    private long _succeeded;
    private long _failed;
    private long _refused;
    private long _cancelled;
    private long _batches;
    private long _rows;
    private int _reloads;

    public ModelStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return new ModelStatistics
                {
                    Succeeded = _succeeded,
                    Failed = _failed,
                    Refused = _refused,
                    Cancelled = _cancelled,
                    Batches = _batches,
                    Rows = _rows,
                    Waiting = _waiting,
                    Running = _running,
                    Reloads = _reloads,
                    DeviceBytes = _isClosed ? 0 : _set.DeviceBytes,
                };
            }
        }
    }

    private void CountCancelled()
    {
        lock (_gate)
        {
            _cancelled++;
        }

        PinionTelemetry.RequestCancelled(_tags, TimeSpan.Zero);
    }

    private RequestRefusedException Refuse(RefusalReason reason, TimeSpan waited, TimeSpan? deadline)
    {
        PinionTelemetry.RequestRefused(_tags, reason, waited);
        string message = reason switch
        {
            RefusalReason.QueueFull => string.Create(CultureInfo.InvariantCulture,
                $"Model '{_name}' has as many rows waiting as may: {_set.WaitingLimit}. Send less, or later, or raise QueueCapacity."),
            RefusalReason.Deadline => string.Create(CultureInfo.InvariantCulture,
                $"Model '{_name}' cannot answer within {deadline?.TotalMilliseconds ?? waited.TotalMilliseconds:0.###} ms."),
            RefusalReason.Stopping => $"Model '{_name}' is being stopped.",
            _ => $"Model '{_name}' has no instance that works: {StateReason}",
        };
        return new RequestRefusedException(message, _name, reason);
    }

    /// <summary>Tells the caller. Nothing of the request is this thread's after that.</summary>
    private void Answer(PendingRequest request, bool inline)
    {
        TimeSpan total = _time.GetElapsedTime(request.Arrived);
        int batchSize = request.Result?.Timings.BatchSize ?? 0;
        KeyValuePair<string, object?>[] outcome;
        switch (request.Outcome)
        {
            case Outcome.Succeeded:
                PinionTelemetry.RequestSucceeded(_tags, request.Result!.Timings.Queue, total);
                outcome = _tags.Succeeded;
                break;
            case Outcome.Failed:
                PinionTelemetry.RequestFailed(_tags, total);
                outcome = _tags.Failed;
                break;
            case Outcome.Refused:
                TimeSpan? deadline = request.Deadline == long.MaxValue ? null : _time.GetElapsedTime(request.Arrived, request.Deadline);
                request.Error = Refuse(request.Reason, total, deadline);
                outcome = _tags.Refused(request.Reason);
                break;
            default:
                PinionTelemetry.RequestCancelled(_tags, total);
                request.Result?.Dispose();
                request.Error = new OperationCanceledException(request.CancellationToken);
                outcome = _tags.Cancelled;
                break;
        }

        PinionTelemetry.EndInfer(request.Activity, outcome, batchSize, request.Error);
        request.Complete(inline);
    }
}
