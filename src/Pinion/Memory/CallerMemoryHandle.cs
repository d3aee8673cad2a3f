using System.Buffers;
using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>Memory of the caller's, pinned for the GC and page-locked for the device; both end together.</summary>
internal sealed unsafe class CallerMemoryHandle : SafeHandle
{
    private readonly PinnedRegistrationHandle _registration;
    private MemoryHandle _pin;

    private CallerMemoryHandle(MemoryHandle pin, PinnedRegistrationHandle registration)
        : base(0, ownsHandle: true)
    {
        _pin = pin;
        _registration = registration;
        SetHandle((nint)pin.Pointer);
    }

    public override bool IsInvalid => handle == 0;

    internal static CallerMemoryHandle Register<T>(Memory<T> memory, int device)
        where T : unmanaged
    {
        MemoryHandle pin = memory.Pin();
        pn_error* error = null;
        int status = pn_pinned_register(device, pin.Pointer, (ulong)((long)memory.Length * sizeof(T)), &error);
        if (status != 0)
        {
            pin.Dispose();
            throw Errors.Native(status, error);
        }

        return new CallerMemoryHandle(pin, new PinnedRegistrationHandle(device, pin.Pointer));
    }

    protected override bool ReleaseHandle()
    {
        _registration.Dispose();
        _pin.Dispose();
        return true;
    }
}
