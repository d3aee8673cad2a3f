using System.Buffers;

namespace Pinion.Vision;

/// <summary>A file's bytes in rented memory.</summary>
internal static class ImageFile
{
    /// <summary>More than any image within the pixels' limit needs, even uncompressed at 16 bits a channel.</summary>
    private const long MaxBytes = 1 << 30;

    public delegate RgbImage Reader(ReadOnlySpan<byte> file);

    public static RgbImage Use(string path, Reader read)
    {
        if (Directory.Exists(path))
        {
            throw new ImageException("it is a folder, not an image.");
        }

        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
        long length;
        try
        {
            length = RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException)
        {
            throw new ImageException("it is a pipe or a device; give a file.");
        }

        if (length > MaxBytes)
        {
            throw new ImageException($"the file has {length} bytes; an image may have {MaxBytes}.");
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            int filled = 0;
            while (filled < length && RandomAccess.Read(handle, buffer.AsSpan(filled, (int)length - filled), filled) is var count and > 0)
            {
                filled += count;
            }

            return read(buffer.AsSpan(0, filled));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
