using System.Numerics;

namespace Pinion.Serving;

/// <summary>
/// Page-locked buffers for the tensors of requests, kept by size: locking pages costs more than copying what lies in them.
/// The total is bounded; beyond it requests are refused. Threads: any.
/// </summary>
internal sealed class PinnedPool : IDisposable
{
    /// <summary>The least that is handed out.</summary>
    public const int SmallestBytes = 4096;

    /// <summary>Of the limit, what idle buffers may take.</summary>
    private const int IdleShare = 4;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, Stack<PinnedBuffer<byte>>> _idle = [];
    private readonly long _maxBytes;
    private long _idleBytes;
    private long _rentedBytes;
    private int _rented;
    private bool _disposed;

    public PinnedPool(long maxBytes) => _maxBytes = maxBytes;

    /// <summary>Buffers that are rented now.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>Their bytes.</summary>
    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>Bytes that are locked, rented or not.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_lock)
            {
                return _rentedBytes + _idleBytes;
            }
        }
    }

    /// <summary>Hands out a buffer of a size or a little more. Its content is undefined.</summary>
    /// <exception cref="ServingException">The limit is reached, or memory is exhausted.</exception>
    public PinnedLease Rent(int bytes)
    {
        int size = SizeClass(bytes);
        List<PinnedBuffer<byte>> surplus = [];
        PinnedBuffer<byte>? buffer;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_rentedBytes + size > _maxBytes)
            {
                throw new ServingException(
                    size > _maxBytes ? ServingError.TooLarge : ServingError.Busy,
                    $"The tensors of all requests may take {_maxBytes} bytes, of which {_rentedBytes} are in use; this one needs {size}. "
                    + (size > _maxBytes ? "Send a smaller one." : "Try again later."));
            }

            buffer = Take(size);
            _rentedBytes += size;
            _rented++;
            Trim(_maxBytes - _rentedBytes, surplus);
        }

        Free(surplus);
        try
        {
            buffer ??= new PinnedBuffer<byte>(size);
        }
        catch (PinionException e)
        {
            Forget(size);
            throw new ServingException(ServingError.Unavailable, "Page-locked memory is exhausted; try again later.", e);
        }

        return new PinnedLease(this, buffer, bytes);
    }

    /// <summary>Frees the idle ones; those still rented are freed when they come back.</summary>
    public void Dispose()
    {
        List<PinnedBuffer<byte>> surplus = [];
        lock (_lock)
        {
            _disposed = true;
            Trim(0, surplus);
        }

        Free(surplus);
    }

    internal void Return(PinnedBuffer<byte> buffer)
    {
        List<PinnedBuffer<byte>> surplus = [];
        lock (_lock)
        {
            _rented--;
            _rentedBytes -= buffer.Length;
            if (!_idle.TryGetValue(buffer.Length, out Stack<PinnedBuffer<byte>>? same))
            {
                _idle[buffer.Length] = same = new();
            }

            same.Push(buffer);
            _idleBytes += buffer.Length;
            Trim(_disposed ? 0 : Math.Min(_maxBytes / IdleShare, _maxBytes - _rentedBytes), surplus);
        }

        Free(surplus);
    }

    /// <summary>Four sizes for each power of two, so that at most a quarter is wasted.</summary>
    internal static int SizeClass(int bytes)
    {
        if (bytes <= SmallestBytes)
        {
            return SmallestBytes;
        }

        long step = 1L << (BitOperations.Log2((uint)(bytes - 1)) - 2);
        return (int)Math.Min((bytes + step - 1) / step * step, Array.MaxLength);
    }

    private static void Free(List<PinnedBuffer<byte>> buffers)
    {
        foreach (PinnedBuffer<byte> buffer in buffers)
        {
            buffer.Dispose();
        }
    }

    private PinnedBuffer<byte>? Take(int size)
    {
        if (!_idle.TryGetValue(size, out Stack<PinnedBuffer<byte>>? same) || !same.TryPop(out PinnedBuffer<byte>? buffer))
        {
            return null;
        }

        _idleBytes -= size;
        return buffer;
    }

    private void Forget(int size)
    {
        lock (_lock)
        {
            _rented--;
            _rentedBytes -= size;
        }
    }

    /// <summary>The largest go first: they are the fewest.</summary>
    private void Trim(long idleLimit, List<PinnedBuffer<byte>> surplus)
    {
        if (_idleBytes <= idleLimit)
        {
            return;
        }

        foreach ((int size, Stack<PinnedBuffer<byte>> same) in _idle.Reverse())
        {
            while (_idleBytes > idleLimit && same.TryPop(out PinnedBuffer<byte>? buffer))
            {
                _idleBytes -= size;
                surplus.Add(buffer);
            }
        }
    }
}
