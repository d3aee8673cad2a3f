using System.Buffers.Binary;
using System.IO.Compression;

namespace OcrService.Images;

/// <summary>PNG with 8 bits a channel, grey, RGB or either with alpha, not interlaced. Alpha is laid over white.</summary>
internal static class PngReader
{
    private const int ChunkOverhead = 12;
    private const int HeaderBytes = 13;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static bool IsPng(ReadOnlySpan<byte> file) => file.StartsWith(Signature);

    public static PixelImage Read(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> rest = file[Signature.Length..];
        ReadOnlySpan<byte> header = NextChunk(ref rest, out ReadOnlySpan<byte> type);
        if (!type.SequenceEqual("IHDR"u8) || header.Length != HeaderBytes)
        {
            throw Damaged("it does not begin with a header");
        }

        long width = BinaryPrimitives.ReadUInt32BigEndian(header);
        long height = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        int channels = Channels(header);
        PixelImage.CheckSize(width, height);

        using var compressed = new MemoryStream();
        do
        {
            ReadOnlySpan<byte> chunk = NextChunk(ref rest, out type);
            if (type.SequenceEqual("IDAT"u8))
            {
                compressed.Write(chunk);
            }
        }
        while (!type.SequenceEqual("IEND"u8));

        compressed.Position = 0;
        return new PixelImage((int)width, (int)height, Unpack(compressed, (int)width, (int)height, channels));
    }

    private static int Channels(ReadOnlySpan<byte> header)
    {
        (byte depth, byte color, byte interlace) = (header[8], header[9], header[12]);
        if (depth != 8)
        {
            throw Unsupported($"has {depth} bits a channel; send one with 8");
        }

        if (interlace != 0)
        {
            throw Unsupported("is interlaced; send one that is not");
        }

        return color switch
        {
            0 => 1,
            2 => 3,
            4 => 2,
            6 => 4,
            _ => throw Unsupported(color == 3 ? "has a palette; send it as grey or RGB" : $"has the colour type {color}; send it as grey or RGB"),
        };
    }

    /// <summary>Takes a chunk off the front and checks its sum.</summary>
    private static ReadOnlySpan<byte> NextChunk(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> type)
    {
        if (rest.Length < ChunkOverhead || BinaryPrimitives.ReadUInt32BigEndian(rest) > rest.Length - ChunkOverhead)
        {
            throw Damaged("it ends early");
        }

        int length = (int)BinaryPrimitives.ReadUInt32BigEndian(rest);
        type = rest.Slice(4, 4);
        if (PngChecksum.Of(rest.Slice(4, 4 + length)) != BinaryPrimitives.ReadUInt32BigEndian(rest[(8 + length)..]))
        {
            throw Damaged("a checksum is wrong");
        }

        ReadOnlySpan<byte> data = rest.Slice(8, length);
        rest = rest[(ChunkOverhead + length)..];
        return data;
    }

    private static byte[] Unpack(Stream compressed, int width, int height, int channels)
    {
        byte[] pixels = new byte[width * height * 3];
        byte[] row = new byte[width * channels];
        byte[] above = new byte[width * channels];
        try
        {
            // Only as much as the header promises is ever unpacked.
            using var zlib = new ZLibStream(compressed, CompressionMode.Decompress);
            for (int y = 0; y < height; y++)
            {
                int filter = zlib.ReadByte();
                zlib.ReadExactly(row);
                Unfilter(filter, row, above, channels);
                ToRgb(row, channels, pixels.AsSpan(y * width * 3, width * 3));
                (row, above) = (above, row);
            }
        }
        catch (EndOfStreamException)
        {
            throw Damaged("its pixels end early");
        }
        catch (InvalidDataException)
        {
            throw Damaged("its pixels are no zlib stream");
        }

        return pixels;
    }

    private static void Unfilter(int filter, Span<byte> row, ReadOnlySpan<byte> above, int channels)
    {
        for (int i = 0; i < row.Length; i++)
        {
            int left = i < channels ? 0 : row[i - channels];
            int up = above[i];
            row[i] += filter switch
            {
                0 => 0,
                1 => (byte)left,
                2 => (byte)up,
                3 => (byte)((left + up) / 2),
                4 => Paeth(left, up, i < channels ? 0 : above[i - channels]),
                -1 => throw new EndOfStreamException(),
                _ => throw Damaged($"a row has the filter {filter}, and there are only 0 to 4"),
            };
        }
    }

    private static byte Paeth(int left, int up, int corner)
    {
        int toLeft = Math.Abs(up - corner);
        int toUp = Math.Abs(left - corner);
        int toCorner = Math.Abs(left + up - (2 * corner));
        return (byte)(toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner);
    }

    private static void ToRgb(ReadOnlySpan<byte> row, int channels, Span<byte> rgb)
    {
        bool isGrey = channels <= 2;
        for (int x = 0, i = 0; i < row.Length; x += 3, i += channels)
        {
            int alpha = channels % 2 == 0 ? row[i + channels - 1] : byte.MaxValue;
            for (int c = 0; c < 3; c++)
            {
                int value = row[i + (isGrey ? 0 : c)];
                rgb[x + c] = (byte)(((value * alpha) + (byte.MaxValue * (byte.MaxValue - alpha)) + 127) / byte.MaxValue);
            }
        }
    }

    private static ImageException Damaged(string how) => new($"The PNG is damaged: {how}.", StatusCodes.Status400BadRequest);

    private static ImageException Unsupported(string how) => new($"The PNG {how}.", StatusCodes.Status415UnsupportedMediaType);
}
