using System.Buffers.Binary;
using System.IO.Compression;

namespace OcrService.Tests;

/// <summary>Writes PNG files, good ones and, chunk by chunk, bad ones.</summary>
internal static class PngWriter
{
    public static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="channels">1 grey, 2 grey with alpha, 3 RGB, 4 RGB with alpha.</param>
    /// <param name="samples">Row by row, unfiltered.</param>
    /// <param name="filter">The filter of every row, 0 to 4.</param>
    public static byte[] Write(int width, int height, int channels, byte[] samples, int filter = 0) =>
        Join(Header(width, height, channels), Data(Filter(samples, width * channels, channels, filter)));

    /// <summary>A file of these chunks, between signature and end.</summary>
    public static byte[] Join(params byte[][] chunks) => [.. Signature, .. chunks.SelectMany(c => c), .. Chunk("IEND", [])];

    public static byte[] Header(long width, long height, int channels, byte depth = 8, byte? color = null, byte interlace = 0)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), (uint)height);
        header[8] = depth;
        header[9] = color ?? (byte)(channels switch { 1 => 0, 2 => 4, 3 => 2, _ => 6 });
        header[12] = interlace;
        return Chunk("IHDR", header);
    }

    /// <summary>Two chunks, as most writers make more than one.</summary>
    public static byte[] Data(byte[] filtered)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(filtered);
        }

        byte[] bytes = compressed.ToArray();
        return [.. Chunk("IDAT", bytes[..(bytes.Length / 2)]), .. Chunk("IDAT", bytes[(bytes.Length / 2)..])];
    }

    public static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. type.Select(c => (byte)c), .. data];
        byte[] ends = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(ends, (uint)data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(ends.AsSpan(4), PngChecksum.Of(body));
        return [.. ends[..4], .. body, .. ends[4..]];
    }

    private static byte[] Filter(byte[] samples, int rowBytes, int channels, int filter)
    {
        var filtered = new List<byte>();
        for (int start = 0; start < samples.Length; start += rowBytes)
        {
            filtered.Add((byte)filter);
            for (int i = 0; i < rowBytes; i++)
            {
                int left = i < channels ? 0 : samples[start + i - channels];
                int up = start == 0 ? 0 : samples[start + i - rowBytes];
                int corner = i < channels || start == 0 ? 0 : samples[start + i - rowBytes - channels];
                int guess = filter switch
                {
                    0 => 0,
                    1 => left,
                    2 => up,
                    3 => (left + up) / 2,
                    _ => new[] { left, up, corner }.MinBy(v => Math.Abs(left + up - corner - v)),
                };
                filtered.Add((byte)(samples[start + i] - guess));
            }
        }

        return [.. filtered];
    }
}
