namespace Pinion.Serving;

/// <summary>A buffer of the pool's. Owner: who rented it, who disposes it once; its memory must not be used afterwards.</summary>
internal sealed class PinnedLease : IDisposable
{
    private readonly PinnedPool _pool;
    private PinnedBuffer<byte>? _buffer;

    internal PinnedLease(PinnedPool pool, PinnedBuffer<byte> buffer, int length)
    {
        _pool = pool;
        _buffer = buffer;
        Length = length;
    }

    /// <summary>The bytes that were asked for.</summary>
    public int Length { get; }

    /// <summary>As many bytes as were asked for.</summary>
    public Memory<byte> Memory => Buffer.Memory[..Length];

    /// <inheritdoc cref="Memory"/>
    public Span<byte> Span => Buffer.Span[..Length];

    private PinnedBuffer<byte> Buffer => _buffer ?? throw new ObjectDisposedException(nameof(PinnedLease));

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            _pool.Return(buffer);
        }
    }
}
