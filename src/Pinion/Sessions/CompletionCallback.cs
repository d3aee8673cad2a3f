using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>
/// Where the native watcher thread reports the end of an asynchronous run. It reaches this object through a GC handle, and
/// the session through it while a run is in flight only, so that an abandoned session can be collected.
/// </summary>
internal sealed unsafe class CompletionCallback
{
    private GCHandle _handle;
    private RunCompletion? _inFlight;

    internal CompletionCallback() => _handle = GCHandle.Alloc(this);

    /// <summary>The session must be idle.</summary>
    internal void Register(pn_session* session)
    {
        pn_error* error = null;
        Errors.Check(pn_session_set_completion(session, &OnCompleted, (void*)GCHandle.ToIntPtr(_handle), &error), error);
    }

    /// <summary>Before the run is started: it may be over before the call that starts it returns.</summary>
    internal void Expect(RunCompletion run) => Volatile.Write(ref _inFlight, run);

    /// <summary>The run was not started.</summary>
    internal void Forget() => Volatile.Write(ref _inFlight, null);

    /// <summary>Only once the native session is closed: until then it may call.</summary>
    internal void Free() => _handle.Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnCompleted(void* user, int status, pn_error* error)
    {
        var callback = (CompletionCallback)GCHandle.FromIntPtr((nint)user).Target!;
        RunCompletion run = Volatile.Read(ref callback._inFlight)!;
        callback.Forget();
        run.Complete(status, error);
    }
}
