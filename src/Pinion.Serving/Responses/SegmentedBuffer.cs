using System.Buffers;
using System.IO.Pipelines;

namespace Pinion.Serving;

/// <summary>Bytes whose number has to be known before the first is sent, in rented pieces. Owner: who makes it, who disposes it.</summary>
internal sealed class SegmentedBuffer : IBufferWriter<byte>, IDisposable
{
    private const int PieceBytes = 16384;
    private readonly List<(byte[] Array, int Length)> _full = [];
    private byte[] _current = [];
    private int _used;

    /// <summary>What was written.</summary>
    public long Length { get; private set; }

    public void Advance(int count)
    {
        _used += count;
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_current.Length - _used < Math.Max(sizeHint, 1))
        {
            if (_used > 0)
            {
                _full.Add((_current, _used));
            }
            else if (_current.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_current);
            }

            _current = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, PieceBytes));
            _used = 0;
        }

        return _current.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Writes all of it, waiting for the client where it is slow.</summary>
    public async ValueTask CopyToAsync(PipeWriter writer, CancellationToken token)
    {
        foreach ((byte[] array, int length) in _full)
        {
            await writer.WriteAsync(array.AsMemory(0, length), token).ConfigureAwait(false);
        }

        writer.Write(_current.AsSpan(0, _used));
    }

    public void Dispose()
    {
        foreach ((byte[] array, _) in _full)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        _full.Clear();
        if (_current.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_current);
            _current = [];
        }

        _used = 0;
    }
}
