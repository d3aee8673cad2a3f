using System.Buffers.Binary;

namespace Pinion.Vision;

/// <summary>The one entry of EXIF that matters here.</summary>
internal static class Exif
{
    private const int OrientationTag = 0x112;
    private const int EntryBytes = 12;

    /// <summary>The orientation that the first directory holds, 1 to 8; 1 where it holds none that can be read.</summary>
    public static int ReadOrientation(ReadOnlySpan<byte> exif)
    {
        bool bigEndian = exif.StartsWith("MM\0*"u8);
        if ((!bigEndian && !exif.StartsWith("II*\0"u8)) || exif.Length < 8)
        {
            return 1;
        }

        long directory = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(exif[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]);
        int entries = Short(exif, directory, bigEndian);
        for (int i = 0; i < entries; i++)
        {
            long entry = directory + 2 + ((long)i * EntryBytes);
            if (Short(exif, entry, bigEndian) == OrientationTag)
            {
                return Short(exif, entry + 8, bigEndian);
            }
        }

        return 1;
    }

    /// <summary>What is to be done for an orientation of EXIF; nothing for one that there is not.</summary>
    public static Orientation ToOrientation(int exif) => exif switch
    {
        2 => Orientation.FlipColumns,
        3 => Orientation.FlipColumns | Orientation.FlipRows,
        4 => Orientation.FlipRows,
        5 => Orientation.Transpose,
        6 => Orientation.Transpose | Orientation.FlipColumns,
        7 => Orientation.Transpose | Orientation.FlipColumns | Orientation.FlipRows,
        8 => Orientation.Transpose | Orientation.FlipRows,
        _ => Orientation.Upright,
    };

    /// <summary>0 beyond the end.</summary>
    private static int Short(ReadOnlySpan<byte> exif, long at, bool bigEndian) => at > exif.Length - 2 ? 0
        : bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(exif[(int)at..]) : BinaryPrimitives.ReadUInt16LittleEndian(exif[(int)at..]);
}
