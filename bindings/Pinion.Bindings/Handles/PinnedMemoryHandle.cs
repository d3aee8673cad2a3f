namespace Pinion.Bindings;

/// <summary>Page-locked host memory from pn_pinned_alloc.</summary>
/// <param name="device">The device that it was allocated with.</param>
/// <param name="data">Its address.</param>
/// <param name="bytes">Its size, for the GC.</param>
internal sealed unsafe class PinnedMemoryHandle(int device, void* data, long bytes) : NativeHandle<byte>((byte*)data)
{
    private readonly MemoryPressure _pressure = new(bytes);

    protected override bool ReleaseHandle()
    {
        _pressure.Dispose();
        return NativeMethods.pn_pinned_free(device, (void*)handle, null) == (int)pn_status.PN_OK;
    }
}
