namespace OcrService;

/// <summary>Binary PPM (P6) and PGM (P5) with 8 bits a channel.</summary>
internal static class PnmReader
{
    public static bool IsPnm(ReadOnlySpan<byte> file) => file.Length >= 2 && file[0] == 'P' && file[1] is >= (byte)'1' and <= (byte)'7';

    public static PixelImage Read(ReadOnlySpan<byte> file)
    {
        int channels = file[1] switch
        {
            (byte)'5' => 1,
            (byte)'6' => 3,
            _ => throw new ImageException(
                $"The image is a P{(char)file[1]}; send a binary PPM or PGM (P6, P5).", StatusCodes.Status415UnsupportedMediaType),
        };
        ReadOnlySpan<byte> rest = file[2..];
        long width = NextNumber(ref rest, "width");
        long height = NextNumber(ref rest, "height");
        long most = NextNumber(ref rest, "largest value");
        PixelImage.CheckSize(width, height);
        if (most is < 1 or > byte.MaxValue)
        {
            throw new ImageException($"The image's largest value is {most}; it must be 1 to 255.", StatusCodes.Status415UnsupportedMediaType);
        }

        // One white space stands between the header and the pixels.
        long bytes = width * height * channels;
        if (rest.Length < bytes + 1)
        {
            throw new ImageException(
                $"The image ends early: {width} x {height} pixels take {bytes} bytes, there are {Math.Max(rest.Length - 1, 0)}.",
                StatusCodes.Status400BadRequest);
        }

        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            int value = rest[1 + (channels == 3 ? i : i / 3)];
            pixels[i] = (byte)Math.Min(value * byte.MaxValue / most, byte.MaxValue);
        }

        return new PixelImage((int)width, (int)height, pixels);
    }

    private static long NextNumber(ref ReadOnlySpan<byte> rest, string what)
    {
        rest = rest.TrimStart(" \t\r\n\f\v"u8);
        while (rest is [(byte)'#', ..])
        {
            int end = rest.IndexOf((byte)'\n');
            rest = end < 0 ? [] : rest[end..].TrimStart(" \t\r\n\f\v"u8);
        }

        int digits = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? rest.Length : digits;
        if (digits == 0 || !int.TryParse(rest[..digits], out int number))
        {
            throw new ImageException($"The image's header has no {what}, or one beyond all limits.", StatusCodes.Status400BadRequest);
        }

        rest = rest[digits..];
        return number;
    }
}
