namespace Pinion.Bindings;

/// <summary>Device memory from pn_device_alloc. Its address is no address of this process.</summary>
internal sealed unsafe class DeviceMemoryHandle(int device, void* data) : NativeHandle<byte>((byte*)data)
{
    protected override bool ReleaseHandle() => NativeMethods.pn_device_free(device, (void*)handle, null) == (int)pn_status.PN_OK;
}
