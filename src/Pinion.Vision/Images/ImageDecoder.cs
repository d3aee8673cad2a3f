using System.Buffers.Binary;
using SkiaSharp;

namespace Pinion.Vision;

/// <summary>Skia's decoders, asked for the bytes that a file holds: not blended, not premultiplied, no colour profile.</summary>
internal static class ImageDecoder
{
    private const string Kinds = "JPEG, PNG, WebP and BMP are read";

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static unsafe RgbImage Decode(ReadOnlySpan<byte> file, long maxPixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPixels);
        string kind = KindOf(file);
        fixed (byte* start = file)
        {
            using var data = SKData.Create((nint)start, file.Length);
            using SKCodec codec = SKCodec.Create(data) ?? throw Damaged(kind, SKCodecResult.InvalidInput);
            (int width, int height) = (codec.Info.Width, codec.Info.Height);
            CheckSize(width, height, maxPixels);
            if (codec.FrameCount > 1 || (kind == "PNG" && IsAnimatedPng(file)))
            {
                throw new ImageException($"the {kind} is animated; give one picture.");
            }

            var image = new RgbImage(width, height);
            try
            {
                SKCodecResult result;
                fixed (byte* pixels = image.Pixels)
                {
                    // Without a colour space nothing is converted; without premultiplying, alpha changes nothing.
                    var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
                    result = codec.GetPixels(info, (nint)pixels, info.RowBytes, SKCodecOptions.Default);
                }

                // Skia does not read on to the last chunk.
                if (result == SKCodecResult.Success && kind == "PNG" && !HasEnd(file))
                {
                    result = SKCodecResult.IncompleteInput;
                }

                return result == SKCodecResult.Success ? image.Turn(OrientationOf(kind, codec, file)) : throw Damaged(kind, result);
            }
            catch
            {
                image.Dispose();
                throw;
            }
        }
    }

    private static void CheckSize(int width, int height, long maxPixels)
    {
        if (width < 1 || height < 1)
        {
            throw new ImageException($"the image is {width} x {height} pixels; it must have at least one each way.");
        }

        long most = Math.Min(maxPixels, Array.MaxLength / RgbImage.BytesPerPixel);
        if ((long)width * height > most)
        {
            throw new ImageException($"the image is {width} x {height}, {(long)width * height} pixels; {most} is the limit. Scale it down, or raise the limit.");
        }
    }

    /// <summary>By its first bytes, as decoders see it.</summary>
    private static string KindOf(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty)
        {
            throw new ImageException($"the file is empty; {Kinds}.");
        }

        return file.StartsWith(PngSignature) ? "PNG"
            : file is [0xFF, 0xD8, 0xFF, ..] ? "JPEG"
            : file.StartsWith("RIFF"u8) && file.Length >= 12 && file[8..].StartsWith("WEBP"u8) ? "WebP"
            : file.StartsWith("BM"u8) ? "BMP"
            : throw new ImageException($"it is {Foreign(file)}; {Kinds}.");
    }

    private static string Foreign(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith("GIF8"u8))
        {
            return "a GIF";
        }

        if (file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8))
        {
            return "a TIFF";
        }

        if (file.Length >= 12 && file[4..].StartsWith("ftyp"u8))
        {
            return file[8..].StartsWith("avi"u8) ? "an AVIF" : "a HEIF or a video";
        }

        return $"no image that is known (it begins with {Convert.ToHexString(file[..Math.Min(file.Length, 8)])})";
    }

    /// <summary>Skia reads the orientation of a JPEG and a WebP, and passes a PNG's chunk over.</summary>
    private static Orientation OrientationOf(string kind, SKCodec codec, ReadOnlySpan<byte> file)
    {
        int origin = (int)codec.EncodedOrigin;
        if (kind == "PNG")
        {
            origin = 1;
            foreach (PngChunk chunk in new PngChunks(file))
            {
                origin = chunk.Is("eXIf"u8) ? Exif.ReadOrientation(chunk.Data) : origin;
            }
        }

        return Exif.ToOrientation(origin);
    }

    private static bool IsAnimatedPng(ReadOnlySpan<byte> file)
    {
        foreach (PngChunk chunk in new PngChunks(file))
        {
            if (chunk.Is("acTL"u8))
            {
                return chunk.Data.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(chunk.Data) > 1;
            }

            if (chunk.Is("IDAT"u8))
            {
                break;
            }
        }

        return false;
    }

    private static bool HasEnd(ReadOnlySpan<byte> file)
    {
        foreach (PngChunk chunk in new PngChunks(file))
        {
            if (chunk.Is("IEND"u8))
            {
                return true;
            }
        }

        return false;
    }

    private static ImageException Damaged(string kind, SKCodecResult result) => new(
        $"the {kind} is damaged: {(result == SKCodecResult.IncompleteInput ? "it ends early" : $"the decoder says {result}")}.");
}
