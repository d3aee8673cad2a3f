using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>
/// Memory of a device. Owner: the caller, who disposes it; where a session has bound it, it is freed after that. Threads: any,
/// as an array.
/// </summary>
public sealed unsafe class DeviceBuffer : IDisposable
{
    private readonly DeviceMemoryHandle _handle;
    private readonly nint _pointer;

    /// <summary>Allocates memory; its content is undefined.</summary>
    /// <param name="sizeBytes">The size, at least 1.</param>
    /// <param name="device">The device's number.</param>
    /// <exception cref="PinionException">Memory is exhausted, or there is no such device.</exception>
    public DeviceBuffer(long sizeBytes, int device = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sizeBytes, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(device);
        PinionRuntime.EnsureLoaded();
        (SizeBytes, Device) = (sizeBytes, device);
        void* data;
        pn_error* error = null;
        Errors.Check(pn_device_alloc(device, (ulong)sizeBytes, &data, &error), error);
        _handle = new DeviceMemoryHandle(device, data);
        Counted = new CountedMemory(_handle, this);
        _pointer = (nint)data;
    }

    /// <summary>The size in bytes.</summary>
    public long SizeBytes { get; }

    /// <summary>The device's number.</summary>
    public int Device { get; }

    /// <summary>Its address on the device, for other CUDA libraries; no address of this process.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public nint DevicePointer
    {
        get
        {
            Counted.ThrowIfDisposed();
            return _pointer;
        }
    }

    /// <summary>What a session retains while it has it bound.</summary>
    internal CountedMemory Counted { get; }

    /// <summary>Copies from the host and waits for it.</summary>
    /// <exception cref="ArgumentException">It does not fit.</exception>
    public void CopyFrom<T>(ReadOnlySpan<T> source, long offsetBytes = 0)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(source);
        CheckRange(offsetBytes, bytes.Length);
        using HandleLease<byte> lease = Lease();
        fixed (byte* data = bytes)
        {
            pn_error* error = null;
            Errors.Check(pn_memory_copy(Device, lease.Pointer + offsetBytes, data, (ulong)bytes.Length, &error), error);
        }
    }

    /// <summary>Copies to the host and waits for it.</summary>
    /// <exception cref="ArgumentException">More is asked for than there is.</exception>
    public void CopyTo<T>(Span<T> destination, long offsetBytes = 0)
        where T : unmanaged
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(destination);
        CheckRange(offsetBytes, bytes.Length);
        using HandleLease<byte> lease = Lease();
        fixed (byte* data = bytes)
        {
            pn_error* error = null;
            Errors.Check(pn_memory_copy(Device, data, lease.Pointer + offsetBytes, (ulong)bytes.Length, &error), error);
        }
    }

    /// <summary>Frees the memory once no session uses it.</summary>
    public void Dispose() => Counted.Dispose();

    private HandleLease<byte> Lease()
    {
        Counted.ThrowIfDisposed();
        return _handle.Lease();
    }

    private void CheckRange(long offsetBytes, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        if (offsetBytes > SizeBytes - bytes)
        {
            throw Errors.CopyTooLarge(offsetBytes, bytes, SizeBytes);
        }
    }
}
