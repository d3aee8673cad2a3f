using System.Diagnostics;

namespace Pinion;

/// <summary>
/// Starts and ends a session's runs, and knows the last one. Nothing is written down before the native layer has accepted a
/// call, since another thread's call may have been refused.
/// </summary>
internal sealed unsafe class SessionRuns(
    pn_session* native, RunState state, SessionShapes shapes, EngineTensors tensors, CompletionCallback callback)
{
    internal const string RunFailed = "the last one failed";

    // Null once the outputs are lost; then _whyLost says why, or is null before the first run.
    private ShapeVariant? _last;
    private string? _whyLost;
    private long _started;
    private long _readable;

    /// <summary>The shapes of the run that wrote the outputs.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    internal ShapeVariant Last => _last ?? throw SessionErrors.NoRun(_whyLost);

    internal Timings Timings
    {
        get
        {
            state.ThrowIfNotIdle();
            _ = Last;
            pn_timings times = new() { struct_size = (uint)sizeof(pn_timings) };
            pn_error* error = null;
            state.Check(pn_session_timings(native, &times, &error), error);

            // Not through a TimeSpan, whose ticks are longer than what the managed side adds on a fast machine.
            return Timings.From(times, (_readable - _started) * 1000.0 / Stopwatch.Frequency);
        }
    }

    /// <summary>The outputs, if the shapes that are set are still those of the last run.</summary>
    /// <exception cref="InvalidOperationException">They are not, or there is no run.</exception>
    internal ShapeVariant Readable => shapes.IsSet(Last) ? _last! : throw SessionErrors.ShapesChanged(tensors.Inputs, _last!);

    /// <summary>What the last run wrote is not there any more.</summary>
    /// <param name="why">Half a sentence for the exception; null where the session is as new.</param>
    internal void ForgetOutputs(string? why)
    {
        // The first loss is the one that matters, and without a run there is none.
        _whyLost = _last is null && why is not null ? _whyLost : why;
        _last = null;
    }

    internal void Run(ShapeVariant variant)
    {
        state.ThrowIfNotAwaited();
        long started = Stopwatch.GetTimestamp();
        pn_error* error = null;
        int status = pn_session_run(native, variant.Number, &error);
        if (status != (int)pn_status.PN_OK)
        {
            throw Failed(variant, status, error);
        }

        _readable = Stopwatch.GetTimestamp();
        Started(variant, started);
    }

    internal void Enqueue(ShapeVariant variant)
    {
        state.ThrowIfNotAwaited();
        long started = Stopwatch.GetTimestamp();
        pn_error* error = null;
        int status = pn_session_enqueue(native, variant.Number, &error);
        if (status != (int)pn_status.PN_OK)
        {
            throw Failed(variant, status, error);
        }

        Started(variant, started);
    }

    internal bool Poll()
    {
        state.ThrowIfNotAwaited();
        pn_error* error = null;
        int status = pn_session_poll(native, &error);
        if (status == (int)pn_status.PN_NOT_READY)
        {
            return false;
        }

        EndEnqueued(status, error);
        return true;
    }

    internal void Wait()
    {
        state.ThrowIfNotAwaited();
        pn_error* error = null;
        EndEnqueued(pn_session_wait(native, &error), error);
    }

    /// <param name="variant">The shapes.</param>
    /// <param name="cancellation">Ends the waiting. Not cancelled yet, as far as one can tell.</param>
    internal ValueTask RunAsync(ShapeVariant variant, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        RunCompletion completion = state.Completion;
        if (!completion.TryStart())
        {
            throw state.NotIdle();
        }

        ValueTask task = completion.TaskWithoutResult;
        callback.Expect(completion);
        pn_error* error = null;
        int status = pn_session_enqueue_async(native, variant.Number, &error);
        if (status != (int)pn_status.PN_OK)
        {
            callback.Forget();
            completion.Abandon();
            Exception failure = Failed(variant, status, error);
            return RunState.IsRefusal(status) ? throw failure : ValueTask.FromException(failure);
        }

        Started(variant, started);
        if (cancellation.CanBeCanceled)
        {
            completion.Watch(cancellation);
        }

        return task;
    }

    /// <summary>The result of an asynchronous run was taken, on the thread that awaited it.</summary>
    /// <param name="completion">Of the run.</param>
    /// <param name="whyLost">Why its outputs cannot be read; null if they can.</param>
    internal void EndAsync(RunCompletion completion, string? whyLost)
    {
        // Not the run of a lease that has ended.
        if (ReferenceEquals(completion, state.Completion))
        {
            _readable = Stopwatch.GetTimestamp();
            if (whyLost is not null)
            {
                ForgetOutputs(whyLost);
            }
        }
    }

    private void Started(ShapeVariant variant, long started)
    {
        shapes.Use(variant);
        _last = variant;
        _started = started;
        variant.LastUsed = started;
    }

    private void EndEnqueued(int status, pn_error* error)
    {
        long readable = Stopwatch.GetTimestamp();
        if (status != (int)pn_status.PN_OK)
        {
            Exception failure = Failed(null, status, error);
            throw failure is PinionException { Status: PinionStatus.InvalidState } ? SessionErrors.NothingEnqueued() : failure;
        }

        _readable = readable;
    }

    /// <summary>The exception for a run that failed, or was refused and has changed nothing.</summary>
    private Exception Failed(ShapeVariant? variant, int status, pn_error* error)
    {
        if (!RunState.IsRefusal(status))
        {
            _whyLost = RunFailed;
            _last = null;
            if (variant is not null)
            {
                shapes.Use(variant);
            }
        }

        return state.ToException(status, error);
    }
}
