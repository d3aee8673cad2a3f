using System.Buffers;
using System.Runtime.InteropServices;

namespace Pinion.Vision;

/// <summary>
/// An image of 8-bit red, green and blue, as OpenCV's <c>imread</c> gives it: turned as its EXIF orientation says, alpha dropped and not blended, the high
/// byte of 16 bits, grey as three equal channels, no colour profile applied. Its memory is rented: dispose it, and the next image takes it.
/// Threads: any number may read it.
/// </summary>
public sealed class RgbImage : IDisposable
{
    /// <summary>The most pixels that are decoded where no other limit is given; they take 400 MB.</summary>
    public const long DefaultMaxPixels = 100_000_000;

    /// <summary>Red, green, blue and a byte without meaning: a pixel is one load, and four lanes.</summary>
    internal const int BytesPerPixel = 4;

    private byte[]? _pixels;

    internal RgbImage(int width, int height)
    {
        Width = width;
        Height = height;
        _pixels = ArrayPool<byte>.Shared.Rent(checked(width * height * BytesPerPixel));
    }

    /// <summary>In pixels, after the orientation is applied.</summary>
    public int Width { get; }

    /// <summary>In pixels, after the orientation is applied.</summary>
    public int Height { get; }

    /// <summary>Row by row, four bytes a pixel.</summary>
    internal Span<byte> Pixels => _pixels is { } pixels ? pixels.AsSpan(0, Width * Height * BytesPerPixel) : throw new ObjectDisposedException(nameof(RgbImage));

    /// <summary>Reads a JPEG, PNG, WebP or BMP file; its content says which, not its name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxPixels">An image of more pixels is refused before memory is taken for them.</param>
    /// <exception cref="ImageException">It is no such image, damaged, cut off, animated or larger than the limit; the message names the file.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static RgbImage Load(string path, long maxPixels = DefaultMaxPixels)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return ImageFile.Use(path, file => ImageDecoder.Decode(file, maxPixels));
        }
        catch (ImageException e)
        {
            throw new ImageException($"{path}: {e.Message}");
        }
    }

    /// <summary>Reads the content of a JPEG, PNG, WebP or BMP file.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="maxPixels">An image of more pixels is refused before memory is taken for them.</param>
    /// <exception cref="ImageException">It is no such image, damaged, cut off, animated or larger than the limit.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> file, long maxPixels = DefaultMaxPixels) => ImageDecoder.Decode(file, maxPixels);

    /// <summary>Takes pixels that something else has decoded.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="rgb">Red, green and blue of each pixel, row by row without gaps.</param>
    /// <exception cref="ArgumentException">The sizes are not positive, or do not fit the number of bytes.</exception>
    public static RgbImage FromPixels(int width, int height, ReadOnlySpan<byte> rgb)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (rgb.Length != (long)width * height * 3 || (long)width * height > Array.MaxLength / BytesPerPixel)
        {
            throw new ArgumentException($"{width} x {height} pixels take {(long)width * height * 3} bytes of red, green and blue; {rgb.Length} are given.", nameof(rgb));
        }

        var image = new RgbImage(width, height);
        Span<byte> pixels = image.Pixels;
        for (int from = 0, to = 0; from < rgb.Length; from += 3, to += BytesPerPixel)
        {
            pixels[to] = rgb[from];
            pixels[to + 1] = rgb[from + 1];
            pixels[to + 2] = rgb[from + 2];
            pixels[to + 3] = 0;
        }

        return image;
    }

    /// <summary>Copies the pixels out: red, green and blue of each, row by row.</summary>
    /// <param name="rgb">Where to; three bytes a pixel.</param>
    /// <exception cref="ArgumentException">It is shorter than that.</exception>
    public void CopyTo(Span<byte> rgb)
    {
        ReadOnlySpan<byte> pixels = Pixels;
        if (rgb.Length < pixels.Length / BytesPerPixel * 3)
        {
            throw new ArgumentException($"{Width} x {Height} pixels take {pixels.Length / BytesPerPixel * 3} bytes; there is room for {rgb.Length}.", nameof(rgb));
        }

        for (int from = 0, to = 0; from < pixels.Length; from += BytesPerPixel, to += 3)
        {
            pixels.Slice(from, 3).CopyTo(rgb[to..]);
        }
    }

    /// <summary>The same image, turned or mirrored as an EXIF orientation says. This one is disposed of.</summary>
    internal RgbImage Turn(Orientation orientation)
    {
        if (orientation == Orientation.Upright)
        {
            return this;
        }

        bool swap = orientation.HasFlag(Orientation.Transpose);
        var turned = new RgbImage(swap ? Height : Width, swap ? Width : Height);
        ReadOnlySpan<uint> from = MemoryMarshal.Cast<byte, uint>(Pixels);
        Span<uint> to = MemoryMarshal.Cast<byte, uint>(turned.Pixels);
        for (int y = 0; y < turned.Height; y++)
        {
            // Mirrored as it is seen, after the transposition.
            int line = orientation.HasFlag(Orientation.FlipRows) ? turned.Height - 1 - y : y;
            Span<uint> row = to.Slice(y * turned.Width, turned.Width);
            int first = swap ? line : line * Width;
            int step = swap ? Width : 1;
            for (int x = 0; x < row.Length; x++)
            {
                row[x] = from[first + (x * step)];
            }

            if (orientation.HasFlag(Orientation.FlipColumns))
            {
                row.Reverse();
            }
        }

        Dispose();
        return turned;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is { } pixels)
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }
}
