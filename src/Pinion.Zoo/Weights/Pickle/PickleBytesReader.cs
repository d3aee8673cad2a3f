using System.Numerics;
using System.Runtime.InteropServices;

namespace Pinion.Zoo;

/// <summary>Reads the bytes behind a <see cref="PickleBytes"/> from first to last.</summary>
internal sealed class PickleBytesReader
{
    /// <summary>Size of the buffer that text is decoded from.</summary>
    public const int TextBufferBytes = 256 * 1024;

    private readonly Stream _file;
    private readonly PickleBytes _source;

    /// <summary>Of no use to plain bytes, which most arrays are.</summary>
    private readonly byte[] _text;
    private int _next;
    private int _filled;
    private long _position;

    /// <param name="file">Where the bytes are.</param>
    /// <param name="source">Which they are.</param>
    /// <param name="textBuffer">Memory for text, not in use by another reader; null to take some.</param>
    public PickleBytesReader(Stream file, PickleBytes source, byte[]? textBuffer = null)
    {
        _file = file;
        _source = source;
        _position = source.Offset;
        _text = source.IsLatin1Text ? textBuffer ?? new byte[TextBufferBytes] : [];
    }

    /// <summary>Bytes that a text stands for; for other sources simply their length.</summary>
    public static long CountBytes(Stream file, PickleBytes source, CancellationToken cancellation)
    {
        if (source.Text is not null || !source.IsLatin1Text)
        {
            return source.Text?.Length ?? source.Length;
        }

        return source.DecodedLength ??= source.Length - CountTrails(file, source, cancellation);
    }

    /// <summary>Fills as much of `destination` as there are bytes left.</summary>
    public int Read(Span<byte> destination)
    {
        int filled = 0;
        if (_source.Text is { } text)
        {
            for (; filled < destination.Length && _next < text.Length; ++filled)
            {
                destination[filled] = (byte)text[_next++];
            }

            return filled;
        }

        if (_source.IsLatin1Text)
        {
            return ReadText(destination);
        }

        for (int read = -1; read != 0 && filled < destination.Length; filled += read)
        {
            read = ReadRaw(destination[filled..]);
        }

        return filled;
    }

    /// <summary>How many characters have a second byte. Characters above 255 show in their first byte.</summary>
    private static long CountTrails(Stream file, PickleBytes source, CancellationToken cancellation)
    {
        var reader = new PickleBytesReader(file, source);
        long count = 0;
        for (int read = reader.ReadRaw(reader._text); read > 0; read = reader.ReadRaw(reader._text))
        {
            cancellation.ThrowIfCancellationRequested();
            Span<byte> piece = reader._text.AsSpan(0, read);
            // 80 to BF; as signed numbers the lowest.
            Span<sbyte> signed = MemoryMarshal.Cast<byte, sbyte>(piece);
            int i = 0;
            for (; i <= piece.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                if (Vector.GreaterThanAny(new Vector<byte>(piece[i..]), new Vector<byte>(0xC3)))
                {
                    throw reader.NotLatin1();
                }

                count -= Vector.Sum(Vector.LessThan(new Vector<sbyte>(signed[i..]), new Vector<sbyte>(-0x40)));
            }

            for (; i < piece.Length; ++i)
            {
                count += piece[i] > 0xC3 ? throw reader.NotLatin1() : signed[i] < -0x40 ? 1 : 0;
            }
        }

        return count;
    }

    private int ReadRaw(Span<byte> destination)
    {
        long left = _source.Offset + _source.Length - _position;
        _file.Position = _position;
        int read = _file.Read(destination[..(int)Math.Min(left, destination.Length)]);
        _position += read;
        return read;
    }

    private int ReadText(Span<byte> destination)
    {
        int made = 0;
        while (made < destination.Length && (_filled - _next > 1 || Refill()))
        {
            byte lead = _text[_next++];
            if (lead >= 0x80)
            {
                // Code points 128 to 255 have the lead bytes C2 and C3 and one byte more.
                byte trail = _next < _filled ? _text[_next++] : (byte)0;
                if (lead is not (0xC2 or 0xC3) || trail is < 0x80 or > 0xBF)
                {
                    throw NotLatin1();
                }

                lead = (byte)(((lead & 0x03) << 6) | (trail & 0x3F));
            }

            destination[made++] = lead;
        }

        return made;
    }

    /// <summary>Reads on behind the byte that may be left: the first half of a character. False at the end.</summary>
    private bool Refill()
    {
        int left = _filled - _next;
        _text.AsSpan(_next, left).CopyTo(_text);
        _next = 0;
        _filled = left + ReadRaw(_text.AsSpan(left));
        return _filled > 0;
    }

    private PickleException NotLatin1() => new("text that stands for bytes holds a character above 255", _position);
}
