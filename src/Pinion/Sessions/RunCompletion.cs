namespace Pinion;

/// <summary>What a RunAsync gives out to be awaited. A session uses one for all its runs, so that a run allocates nothing.</summary>
internal sealed unsafe class RunCompletion(Session session) : ReusableTaskSource<bool>
{
    private int _isOutstanding;
    private bool _succeeded;

    /// <summary>Whether a run was started whose result nobody has taken.</summary>
    internal bool IsOutstanding => Volatile.Read(ref _isOutstanding) != 0;

    /// <summary>False if a run is outstanding.</summary>
    internal bool TryStart() => Interlocked.CompareExchange(ref _isOutstanding, 1, 0) == 0;

    /// <summary>The run was not started after all.</summary>
    internal void Abandon() => Volatile.Write(ref _isOutstanding, 0);

    /// <summary>On the native watcher thread: the run is over. User code must not run there.</summary>
    internal void Complete(int status, pn_error* error)
    {
        _succeeded = status == 0;
        if (_succeeded)
        {
            Succeed(true);
        }
        else
        {
            Fail(Errors.Native(status, error));
        }
    }

    protected override void OnTaken()
    {
        session.Runs.EndAsync(this, _succeeded);
        Volatile.Write(ref _isOutstanding, 0);
    }
}
