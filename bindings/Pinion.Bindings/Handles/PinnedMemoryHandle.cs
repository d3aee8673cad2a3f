namespace Pinion.Bindings;

/// <summary>Page-locked host memory from pn_pinned_alloc.</summary>
internal sealed unsafe class PinnedMemoryHandle(void* data) : NativeHandle<byte>((byte*)data)
{
    protected override bool ReleaseHandle() => NativeMethods.pn_pinned_free((void*)handle, null) == (int)pn_status.PN_OK;
}
