using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>
/// Native memory that sessions and pins may use beyond its owner's Dispose: it is freed after the last of them. Threads: any.
/// </summary>
/// <param name="handle">Frees the memory; an abandoned one frees it some time.</param>
/// <param name="owner">Whom an ObjectDisposedException names.</param>
internal sealed class CountedMemory(SafeHandle handle, object owner)
{
    private int _users = 1;
    private int _disposed;

    /// <exception cref="ObjectDisposedException">The owner has disposed it.</exception>
    internal void ThrowIfDisposed() => Errors.ThrowIfDisposed(Volatile.Read(ref _disposed) != 0, owner);

    /// <exception cref="ObjectDisposedException">The owner has disposed it.</exception>
    internal void Retain()
    {
        ThrowIfDisposed();
        if (Interlocked.Increment(ref _users) == 1)
        {
            throw Errors.Disposed(owner);
        }
    }

    internal void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            handle.Dispose();
        }
    }

    /// <summary>The owner's end. A second one does nothing.</summary>
    internal void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Release();
        }
    }
}
