namespace Pinion;

/// <summary>What a RunAsync gives out to be awaited. A session uses one for all its runs, so that a run allocates nothing.</summary>
internal sealed unsafe class RunCompletion(Session session) : ReusableTaskSource<bool>
{
    // What a run leaves open: the device works on it, and nobody has taken its result. A cancellation can put the second before the first.
    private const int InFlight = 1;
    private const int Untaken = 2;

    private int _open;
    private Outcome _outcome;

    /// <summary>Whether a run was started that is in flight, or whose result nobody has taken.</summary>
    internal bool IsOutstanding => Volatile.Read(ref _open) != 0;

    /// <summary>Whether the device may be at work on a run.</summary>
    internal bool IsInFlight => (Volatile.Read(ref _open) & InFlight) != 0;

    /// <summary>Whether the result was taken while the device was still at work, as only a cancellation makes it.</summary>
    internal bool IsGivenUp => Volatile.Read(ref _open) == InFlight;

    /// <summary>False if a run is outstanding.</summary>
    internal bool TryStart()
    {
        if (Interlocked.CompareExchange(ref _open, InFlight | Untaken, 0) != 0)
        {
            return false;
        }

        _outcome = Outcome.None;
        return true;
    }

    /// <summary>The run was not started after all.</summary>
    internal void Abandon() => Volatile.Write(ref _open, 0);

    /// <summary>On the native watcher thread: the run is over. User code must not run there.</summary>
    internal void Complete(int status, pn_error* error)
    {
        bool succeeded = status == 0;
        PinionException? failure = succeeded ? null : Errors.Native(status, error);
        bool isAwaited = TryEnd(succeeded ? Outcome.Succeeded : Outcome.Failed);

        // Before the result is out, so that who takes it finds the session free.
        Interlocked.And(ref _open, ~InFlight);
        if (isAwaited && succeeded)
        {
            Succeed(true);
        }
        else if (isAwaited)
        {
            Fail(failure!);
        }
    }

    protected override void OnTaken()
    {
        session.Runs.EndAsync(this, _outcome switch
        {
            Outcome.Failed => SessionRuns.RunFailed,
            Outcome.Cancelled => "the last one was cancelled",
            _ => null,
        });
        Interlocked.And(ref _open, ~Untaken);
    }

    protected override void OnCancelled(CancellationToken token)
    {
        if (TryEnd(Outcome.Cancelled))
        {
            Fail(new OperationCanceledException(token));
        }
    }

    /// <summary>The first outcome counts.</summary>
    private bool TryEnd(Outcome outcome) => Interlocked.CompareExchange(ref _outcome, outcome, Outcome.None) == Outcome.None;

    private enum Outcome
    {
        None,
        Succeeded,
        Failed,
        Cancelled,
    }
}
