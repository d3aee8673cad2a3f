namespace Pinion;

/// <summary>Reads a file front to back through a small buffer, and seeks past what is not wanted.</summary>
internal abstract class SkippingReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _next;
    private int _filled;
    private long _bufferEnd = stream.Position;

    public Stream Stream => stream;

    public long Length { get; } = stream.Length;

    /// <summary>Offset in the file of the next byte.</summary>
    public long Position => _bufferEnd - (_filled - _next);

    public byte ReadByte()
    {
        if (_next == _filled)
        {
            // Others may have read from the stream in between.
            stream.Position = _bufferEnd;
            _filled = stream.Read(_buffer);
            _next = 0;
            _bufferEnd += _filled;
            if (_filled == 0)
            {
                throw Truncated();
            }
        }

        return _buffer[_next++];
    }

    public void Read(Span<byte> destination)
    {
        Require((ulong)destination.Length);
        while (destination.Length > 0)
        {
            destination[0] = ReadByte();
            int copied = Math.Min(_filled - _next, destination.Length - 1);
            _buffer.AsSpan(_next, copied).CopyTo(destination[1..]);
            _next += copied;
            destination = destination[(copied + 1)..];
        }
    }

    public void Skip(ulong count)
    {
        Require(count);
        if (count <= (ulong)(_filled - _next))
        {
            _next += (int)count;
        }
        else
        {
            _bufferEnd = Position + (long)count;
            _next = _filled = 0;
        }
    }

    /// <summary>Throws unless the file holds that many more bytes, before anything is allocated for them.</summary>
    public void Require(ulong count)
    {
        if (count > (ulong)Math.Max(0, Length - Position))
        {
            throw Truncated();
        }
    }

    /// <summary>What is thrown where the file ends too early.</summary>
    protected abstract Exception Truncated();
}
