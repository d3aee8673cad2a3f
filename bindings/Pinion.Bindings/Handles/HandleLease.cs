using System.Runtime.InteropServices;

namespace Pinion.Bindings;

/// <summary>Holds a reference, so that another thread's Dispose waits for the end of the call.</summary>
internal readonly unsafe ref struct HandleLease<T>
    where T : unmanaged
{
    private readonly SafeHandle _handle;

    internal HandleLease(SafeHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
    }

    internal T* Pointer => (T*)_handle.DangerousGetHandle();

    public void Dispose() => _handle.DangerousRelease();
}
