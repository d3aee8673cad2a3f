using System.Buffers;

namespace Pinion.Serving;

/// <summary>
/// Memory for the tensors of requests, from the time they are read until they are answered. It is ordinary memory: the device reads the session's
/// own, which is page-locked, and into which every batch is copied. The total is bounded; beyond it requests are refused. Threads: any.
/// </summary>
internal sealed class RequestMemory(long maxBytes)
{
    private readonly Lock _lock = new();
    private long _rentedBytes;
    private int _rented;

    /// <summary>Pieces that are rented now.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>Their bytes, as they were asked for.</summary>
    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>Hands out as many bytes as asked for. Their content is undefined.</summary>
    /// <exception cref="ServingException">The limit is reached.</exception>
    /// <exception cref="OutOfMemoryException">Memory is exhausted.</exception>
    public RentedMemory Rent(int bytes)
    {
        lock (_lock)
        {
            if (_rentedBytes + bytes > maxBytes)
            {
                throw new ServingException(
                    bytes > maxBytes ? ServingError.TooLarge : ServingError.Busy,
                    $"The tensors of all requests may take {maxBytes} bytes, of which {_rentedBytes} are in use; this one needs {bytes}. "
                    + (bytes > maxBytes ? "Send a smaller one." : "Try again later."));
            }

            _rentedBytes += bytes;
            _rented++;
        }

        try
        {
            return new RentedMemory(this, ArrayPool<byte>.Shared.Rent(bytes), bytes);
        }
        catch
        {
            Release(bytes);
            throw;
        }
    }

    internal void Release(int bytes)
    {
        lock (_lock)
        {
            _rentedBytes -= bytes;
            _rented--;
        }
    }
}
