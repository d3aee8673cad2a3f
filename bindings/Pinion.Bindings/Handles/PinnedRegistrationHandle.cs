namespace Pinion.Bindings;

/// <summary>Caller-owned memory page-locked by pn_pinned_register. It unlocks the memory, and does not free it.</summary>
internal sealed unsafe class PinnedRegistrationHandle(int device, void* data) : NativeHandle<byte>((byte*)data)
{
    protected override bool ReleaseHandle() => NativeMethods.pn_pinned_unregister(device, (void*)handle, null) == (int)pn_status.PN_OK;
}
