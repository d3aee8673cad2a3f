namespace Pinion;

/// <summary>
/// Where a session's one run stands. The native layer owns the state (pn_run_state) and refuses a call that does not fit
/// it; here the state is read and refusals are put into words. C# knows one thing more: whether a RunAsync was awaited.
/// <code>
/// Run       idle -> in call -> idle
/// Enqueue   idle -> in call -> enqueued -> Poll, Wait -> idle
/// RunAsync  idle -> in call -> async -> native completion -> idle, but refused until it is awaited;
///           a cancelled await ends before that, and the session is refused until the native completion
/// Dispose   any  -> closed
/// </code>
/// </summary>
internal sealed unsafe class RunState(Session session, pn_session* native)
{
    /// <summary>What the next RunAsync gives out.</summary>
    internal RunCompletion Completion { get; private set; } = new(session);

    /// <summary>Whether the buffers are the caller's.</summary>
    internal bool IsIdle => !Completion.IsOutstanding && Read() == pn_run_state.PN_RUN_IDLE;

    /// <summary>Whether a native call refused because of the state, rather than failed.</summary>
    internal static bool IsRefusal(int status) => status is (int)pn_status.PN_BUSY or (int)pn_status.PN_INVALID_STATE;

    /// <exception cref="InvalidOperationException">The session is in use.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    internal void ThrowIfNotIdle()
    {
        if (!IsIdle)
        {
            throw NotIdle();
        }
    }

    /// <summary>The check that the native layer cannot make; it makes all others.</summary>
    /// <exception cref="InvalidOperationException">A RunAsync is in flight, or was not awaited.</exception>
    internal void ThrowIfNotAwaited()
    {
        if (Completion.IsOutstanding)
        {
            throw NotIdle();
        }
    }

    /// <summary>Throws what a failed native call means. The success path is a compare.</summary>
    internal void Check(int status, pn_error* error)
    {
        if (status != (int)pn_status.PN_OK)
        {
            throw ToException(status, error);
        }
    }

    /// <summary>Takes ownership of the native error.</summary>
    internal Exception ToException(int status, pn_error* error)
    {
        PinionException failure = Errors.Native(status, error);
        return failure.Status == PinionStatus.Busy || (failure.Status == PinionStatus.InvalidState && Read() == pn_run_state.PN_RUN_CLOSED)
            ? NotIdle()
            : failure;
    }

    /// <summary>Waits for a run of a former user. He may still await an asynchronous one some time.</summary>
    internal void GiveUpRun()
    {
        SpinWait wait = default;
        while (Completion.IsOutstanding ? Completion.IsInFlight : Read() == pn_run_state.PN_RUN_IN_CALL)
        {
            wait.SpinOnce();
        }

        if (Completion.IsOutstanding)
        {
            Completion = new RunCompletion(session);
        }

        if (Read() == pn_run_state.PN_RUN_ENQUEUED)
        {
            // Its failure is given up with it.
            pn_error* error = null;
            int status = pn_session_wait(native, &error);
            if (status != (int)pn_status.PN_OK)
            {
                _ = NativeError.Take(status, error);
            }
        }
    }

    /// <summary>Why the session cannot be used now, and what to do about it.</summary>
    internal InvalidOperationException NotIdle() => Read() switch
    {
        pn_run_state.PN_RUN_CLOSED => Errors.Disposed(session),
        pn_run_state.PN_RUN_ENQUEUED => SessionErrors.NotIdle("has work in flight: call Wait, or Poll until it is true"),
        _ when Completion.IsGivenUp => SessionErrors.NotIdle("has a RunAsync that was cancelled and is still in flight on the device: it is free when that is done"),
        pn_run_state.PN_RUN_ASYNC => SessionErrors.NotIdle("has a RunAsync in flight: await it"),
        _ when Completion.IsOutstanding => SessionErrors.NotIdle("has a RunAsync that nobody has awaited: await it"),

        // In a call, or it was a moment ago.
        _ => SessionErrors.NotIdle(
            "is in use by another thread: it runs one inference at a time, so give each thread a session of its own or use a SessionPool"),
    };

    private pn_run_state Read()
    {
        var state = (pn_run_state)pn_session_state(native);
        GC.KeepAlive(session);
        return state;
    }
}
