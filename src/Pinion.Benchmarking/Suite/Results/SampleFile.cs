using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Pinion.Benchmarking;

/// <summary>Every sample of one mode, column by column, little endian. docs/suite.md describes the format.</summary>
public static class SampleFile
{
    private const uint Version = 1;
    private const int NameBytes = 12;

    private static readonly (string Name, bool Wide, Func<LatencySample, double> Value)[] Columns =
    [
        ("h2dMs", false, s => s.H2dMs),
        ("computeMs", false, s => s.ComputeMs),
        ("d2hMs", false, s => s.D2hMs),
        ("enqueueMs", false, s => s.EnqueueMs),
        ("callMs", false, s => s.CallMs),
        ("nativeMs", false, s => s.NativeMs),
        ("wallMs", true, s => s.WallMs),
        ("startMs", true, s => s.StartMs),
    ];

    private static ReadOnlySpan<byte> Magic => "PNSAMPLE"u8;

    /// <summary>Writes the samples of a measurement, whole or not at all.</summary>
    /// <param name="path">The file; an older one is replaced. Its folder must exist.</param>
    /// <param name="samples">Such as <see cref="LatencyResult.Samples"/>.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<LatencySample> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        using var file = AtomicFile.Create(path);
        file.Stream.Write(Header(samples.Count));
        foreach ((_, bool wide, Func<LatencySample, double> value) in Columns)
        {
            byte[] column = new byte[samples.Count * (wide ? 8 : 4)];
            for (int i = 0; i < samples.Count; i++)
            {
                if (wide)
                {
                    BinaryPrimitives.WriteDoubleLittleEndian(column.AsSpan(i * 8), value(samples[i]));
                }
                else
                {
                    BinaryPrimitives.WriteSingleLittleEndian(column.AsSpan(i * 4), (float)value(samples[i]));
                }
            }

            file.Stream.Write(column);
        }

        file.Commit();
    }

    /// <summary>Reads the columns by name, such as <c>wallMs</c>; the values are in the order measured.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SuiteResultsException">The file is not there, or is no whole file of samples.</exception>
    public static IReadOnlyDictionary<string, double[]> Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SuiteResultsException($"{path} cannot be read: {e.Message}", e);
        }

        return Parse(bytes) ?? throw new SuiteResultsException($"{path} is no whole file of samples.");
    }

    private static byte[] Header(int samples)
    {
        using var header = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        header.Write(Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(number, Version);
        BinaryPrimitives.WriteUInt32LittleEndian(number[4..], (uint)Columns.Length);
        header.Write(number);
        BinaryPrimitives.WriteUInt64LittleEndian(number, (ulong)samples);
        header.Write(number);
        foreach ((string name, bool wide, _) in Columns)
        {
            header.Write(Encoding.ASCII.GetBytes(name.PadRight(NameBytes, '\0')));
            header.Write(wide ? "f8\0\0"u8 : "f4\0\0"u8);
        }

        return header.ToArray();
    }

    private static Dictionary<string, double[]>? Parse(ReadOnlySpan<byte> bytes)
    {
        const int EntryBytes = NameBytes + 4;
        if (bytes.Length < 24 || !bytes.StartsWith(Magic) || BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Version)
        {
            return null;
        }

        uint columns = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        ulong samples = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        if (columns > 64 || samples > (ulong)bytes.Length || bytes.Length < 24 + (columns * EntryBytes))
        {
            return null;
        }

        var values = new Dictionary<string, double[]>();
        long at = 24 + (columns * EntryBytes);
        for (int i = 0; i < columns; i++)
        {
            ReadOnlySpan<byte> entry = bytes.Slice(24 + (i * EntryBytes), EntryBytes);
            int width = entry[NameBytes + 1] == (byte)'8' ? 8 : 4;
            if (at + ((long)samples * width) > bytes.Length)
            {
                return null;
            }

            double[] column = new double[samples];
            for (int k = 0; k < column.Length; k++)
            {
                ReadOnlySpan<byte> value = bytes[((int)at + (k * width))..];
                column[k] = width == 8 ? MemoryMarshal.Read<double>(value) : MemoryMarshal.Read<float>(value);
            }

            values[Encoding.ASCII.GetString(entry[..NameBytes]).TrimEnd('\0')] = column;
            at += (long)samples * width;
        }

        return at == bytes.Length ? values : null;
    }
}
