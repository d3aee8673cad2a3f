using System.Buffers;

namespace Pinion;

/// <summary>
/// Page-locked host memory that a device copies from and to directly, usable from every device. Owner: the caller, who
/// disposes it; where a session has bound it, or a <see cref="MemoryHandle"/> pins it, it is freed after the last of these.
/// Threads: any, as an array. Spans must not be used after it is disposed or abandoned.
/// </summary>
/// <typeparam name="T">The type of the elements.</typeparam>
public sealed unsafe class PinnedBuffer<T> : MemoryManager<T>
    where T : unmanaged
{
    private readonly T* _pointer;

    /// <summary>Allocates zeroed memory, aligned to 64 bytes or better.</summary>
    /// <param name="length">The number of elements, at least 1.</param>
    /// <param name="device">The device whose primary context allocates it; every device can use it. A program that uses one device names that one, so that no
    /// other is touched.</param>
    /// <exception cref="PinionException">Memory is exhausted, or there is no such device.</exception>
    public PinnedBuffer(int length, int device = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(device);
        PinionRuntime.EnsureLoaded();
        Length = length;
        void* data;
        pn_error* error = null;
        Errors.Check(pn_pinned_alloc(device, (ulong)SizeBytes, &data, &error), error);
        Counted = new CountedMemory(new PinnedMemoryHandle(device, data, SizeBytes), this);
        _pointer = (T*)data;
    }

    internal PinnedBuffer(CallerMemoryHandle owner, int length)
    {
        Length = length;
        Counted = new CountedMemory(owner, this);
        _pointer = (T*)owner.DangerousGetHandle();
    }

    /// <summary>The number of elements.</summary>
    public int Length { get; }

    /// <summary>The size in bytes.</summary>
    public long SizeBytes => (long)Length * sizeof(T);

    /// <summary>The elements. Allocates nothing.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<T> Span => GetSpan();

    /// <summary>What a session retains while it has it bound.</summary>
    internal CountedMemory Counted { get; }

    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    internal T* Data
    {
        get
        {
            Counted.ThrowIfDisposed();
            return _pointer;
        }
    }

    /// <inheritdoc/>
    public override Span<T> GetSpan() => new(Data, Length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, Length);
        Counted.Retain();
        return new MemoryHandle(_pointer + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin() => Counted.Release();

    /// <summary>Frees the memory, or lets go of the caller's, once no session and no pin uses it.</summary>
    public void Dispose() => Dispose(disposing: true);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Counted.Dispose();
        }
    }
}

/// <summary>Makes <see cref="PinnedBuffer{T}"/>s over memory that exists already.</summary>
public static class PinnedBuffer
{
    /// <summary>Page-locks memory of the caller's, an array for example, until the buffer is disposed.</summary>
    /// <param name="memory">Must not be empty. It is pinned for the GC as well.</param>
    /// <param name="device">The device whose primary context locks it; every device can use it.</param>
    /// <exception cref="PinionException">The system does not lock it, or it is locked already, or there is no such device.</exception>
    public static PinnedBuffer<T> Register<T>(Memory<T> memory, int device = 0)
        where T : unmanaged
    {
        if (memory.IsEmpty)
        {
            throw Errors.EmptyMemory(nameof(memory));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(device);
        PinionRuntime.EnsureLoaded();
        return new PinnedBuffer<T>(CallerMemoryHandle.Register(memory, device), memory.Length);
    }
}
