using System.Runtime.InteropServices;

namespace Pinion.Bindings;

/// <summary>Owns one native object. Use it through <see cref="Lease"/>, which keeps it alive during a call.</summary>
internal abstract unsafe class NativeHandle<T> : SafeHandle
    where T : unmanaged
{
    protected NativeHandle(T* value)
        : base(0, ownsHandle: true) => SetHandle((nint)value);

    public override bool IsInvalid => handle == 0;

    /// <summary>Allocates nothing. Dispose it after the call.</summary>
    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    internal HandleLease<T> Lease() => new(this);
}
