using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>
/// The slots of a session with an asynchronous run in flight. The native watcher thread reaches them through one GC
/// handle; only a slot that is in flight is kept alive by it, so an abandoned session can still be collected.
/// </summary>
internal sealed unsafe class CompletionTable
{
    private readonly SessionSlot?[] _inFlight;
    private GCHandle _handle;

    internal CompletionTable(int slots)
    {
        _inFlight = new SessionSlot?[slots];
        _handle = GCHandle.Alloc(this);
    }

    /// <summary>The session must be idle.</summary>
    internal void Register(pn_session* session)
    {
        pn_error* error = null;
        Errors.Check(pn_session_set_completion(session, &OnCompleted, (void*)GCHandle.ToIntPtr(_handle), &error), error);
    }

    internal void Add(SessionSlot slot) => Volatile.Write(ref _inFlight[slot.Index], slot);

    internal void Remove(SessionSlot slot) => Volatile.Write(ref _inFlight[slot.Index], null);

    /// <summary>Only once the native session is gone: until then it may call.</summary>
    internal void Free() => _handle.Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnCompleted(void* user, int index, int status, pn_error* error)
    {
        var table = (CompletionTable)GCHandle.FromIntPtr((nint)user).Target!;
        SessionSlot slot = Volatile.Read(ref table._inFlight[index])!;
        table.Remove(slot);
        slot.Complete(status, error);
    }
}
