namespace Pinion.Hosting;

/// <summary>Counts what happens, and is the one place where a request ends. Under the model's lock.</summary>
internal sealed class Counters
{
    private readonly long[] _ended = new long[Enum.GetValues<Outcome>().Length];
    private long _batches;
    private long _rows;
    private int _reloads;

    /// <summary>Requests that run.</summary>
    public int Running { get; private set; }

    /// <summary>A request goes from its queue into a batch.</summary>
    public void BeginRun(PendingRequest request)
    {
        request.State = RequestState.Running;
        request.Group.Users++;
        Running++;
    }

    /// <summary>A request is in no batch any more.</summary>
    public void EndRun(PendingRequest request)
    {
        request.Group.Users--;
        Running--;
    }

    /// <summary>Ends a request that is in no queue and no batch: it is to be answered.</summary>
    public void End(PendingRequest request, Outcome outcome, ref Work work)
    {
        request.State = RequestState.Answered;
        request.Outcome = outcome;
        Count(outcome);
        work.Add(request);
    }

    /// <summary>Ends a request that will not run. If it did run before and failed, that is what its caller has to know.</summary>
    public void Refuse(PendingRequest request, RefusalReason reason, ref Work work)
    {
        if (request.Failure is Exception failure)
        {
            request.Error = failure;
            End(request, Outcome.Failed, ref work);
        }
        else
        {
            request.Reason = reason;
            End(request, Outcome.Refused, ref work);
        }
    }

    /// <summary>Counts a request that was answered without being taken on.</summary>
    public void Count(Outcome outcome) => _ended[(int)outcome]++;

    public void CountBatch(int rows)
    {
        _batches++;
        _rows += rows;
    }

    public void CountReload() => _reloads++;

    public ModelStatistics Read(int waiting, long deviceBytes) => new()
    {
        Succeeded = _ended[(int)Outcome.Succeeded],
        Failed = _ended[(int)Outcome.Failed],
        Refused = _ended[(int)Outcome.Refused],
        Cancelled = _ended[(int)Outcome.Cancelled],
        Batches = _batches,
        Rows = _rows,
        Waiting = waiting,
        Running = Running,
        Reloads = _reloads,
        DeviceBytes = deviceBytes,
    };
}
