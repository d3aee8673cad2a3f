namespace Pinion.Zoo.Weights.Pickle;

/// <summary>Reads the bytes behind a <see cref="PickleBytes"/> from first to last.</summary>
internal sealed class PickleBytesReader(Stream file, PickleBytes source)
{
    /// <summary>Of no use to plain bytes, which most arrays are.</summary>
    private readonly byte[] _text = source.IsLatin1Text ? new byte[8 * 1024] : [];
    private long _position = source.Offset;
    private int _nextCharacter;

    /// <summary>Bytes that a text stands for; for other sources simply their length.</summary>
    public static long CountBytes(Stream file, PickleBytes source)
    {
        if (source.Text is not null || !source.IsLatin1Text)
        {
            return source.Text?.Length ?? source.Length;
        }
        return source.DecodedLength ??= Count(file, source);
    }

    private static long Count(Stream file, PickleBytes source)
    {
        var reader = new PickleBytesReader(file, source);
        var piece = new byte[8 * 1024];
        long count = 0;
        for (int read = reader.Read(piece); read > 0; read = reader.Read(piece))
        {
            count += read;
        }
        return count;
    }

    /// <summary>Fills as much of `destination` as there are bytes left.</summary>
    public int Read(Span<byte> destination)
    {
        int filled = 0;
        if (source.Text is { } text)
        {
            for (; filled < destination.Length && _nextCharacter < text.Length; ++filled)
            {
                destination[filled] = (byte)text[_nextCharacter++];
            }
            return filled;
        }
        while (filled < destination.Length)
        {
            int read = source.IsLatin1Text ? ReadText(destination[filled..]) : ReadRaw(destination[filled..]);
            if (read == 0)
            {
                break;
            }
            filled += read;
        }
        return filled;
    }

    private int ReadRaw(Span<byte> destination)
    {
        long left = source.Offset + source.Length - _position;
        file.Position = _position;
        int read = file.Read(destination[..(int)Math.Min(left, destination.Length)]);
        _position += read;
        return read;
    }

    private int ReadText(Span<byte> destination)
    {
        int available = ReadRaw(_text.AsSpan(0, Math.Min(_text.Length, destination.Length)));
        int made = 0;
        for (int i = 0; i < available; ++i)
        {
            byte lead = _text[i];
            if (lead < 0x80)
            {
                destination[made++] = lead;
                continue;
            }
            // Code points 128 to 255 have the lead bytes C2 and C3 and one byte more, which may be the next to read.
            byte trail = 0;
            if (i + 1 < available)
            {
                trail = _text[++i];
            }
            else if (ReadRaw(_text.AsSpan(_text.Length - 1)) == 1)
            {
                trail = _text[^1];
            }
            if (lead is not (0xC2 or 0xC3) || trail is < 0x80 or > 0xBF)
            {
                throw new PickleException("text that stands for bytes holds a character above 255", _position);
            }
            destination[made++] = (byte)(((lead & 0x03) << 6) | (trail & 0x3F));
        }
        return made;
    }
}
