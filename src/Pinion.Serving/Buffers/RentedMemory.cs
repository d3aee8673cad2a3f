using System.Buffers;

namespace Pinion.Serving;

/// <summary>Memory from <see cref="RequestMemory"/>. Owner: who rented it, who disposes it once; it must not be used afterwards.</summary>
internal sealed class RentedMemory : IDisposable
{
    private readonly RequestMemory _from;
    private byte[]? _array;

    internal RentedMemory(RequestMemory from, byte[] array, int length)
    {
        _from = from;
        _array = array;
        Length = length;
    }

    /// <summary>The bytes that were asked for.</summary>
    public int Length { get; }

    /// <summary>As many bytes as were asked for.</summary>
    public Memory<byte> Memory => Array.AsMemory(0, Length);

    /// <inheritdoc cref="Memory"/>
    public Span<byte> Span => Array.AsSpan(0, Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(RentedMemory));

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
            _from.Release(Length);
        }
    }
}
