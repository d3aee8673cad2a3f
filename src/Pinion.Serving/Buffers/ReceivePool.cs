using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Pinion.Serving;

/// <summary>
/// What sockets are read into and written from. Kestrel's own pool has blocks of 4 KiB, and each read of a socket fills one: a tensor
/// would take hundreds of system calls. Threads: any.
/// </summary>
internal sealed class ReceivePool : MemoryPool<byte>
{
    private const int BlockBytes = 65536;

    /// <summary>Blocks that are kept when nobody needs them.</summary>
    private const int MostIdle = 128;

    private readonly ConcurrentQueue<byte[]> _idle = new();

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        // Never moved by the collector while the kernel writes to it.
        return new Block(this, _idle.TryDequeue(out byte[]? bytes) ? bytes : GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _idle.Clear();

    private void Return(byte[] bytes)
    {
        if (_idle.Count < MostIdle)
        {
            _idle.Enqueue(bytes);
        }
    }

    /// <summary>Makes one for each use that Kestrel has for it.</summary>
    internal sealed class Factory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new ReceivePool();
    }

    private sealed class Block(ReceivePool pool, byte[] bytes) : IMemoryOwner<byte>
    {
        private byte[]? _bytes = bytes;

        public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            {
                pool.Return(bytes);
            }
        }
    }
}
