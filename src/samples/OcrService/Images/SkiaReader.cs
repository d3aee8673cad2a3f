using SkiaSharp;

namespace OcrService;

/// <summary>PNG and JPEG, decoded by Skia to 8 bits a channel. Alpha is laid over white; colour profiles and orientation tags are not applied.</summary>
internal static class SkiaReader
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The last chunk, which is the same in every file. Skia does not read that far.</summary>
    private static ReadOnlySpan<byte> PngEnd => [0, 0, 0, 0, (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    public static bool IsPng(ReadOnlySpan<byte> file) => file.StartsWith(PngSignature);

    public static bool IsJpeg(ReadOnlySpan<byte> file) => file.StartsWith(JpegSignature);

    public static PixelImage Read(ReadOnlySpan<byte> file)
    {
        string kind = IsPng(file) ? "PNG" : "JPEG";
        using var data = SKData.CreateCopy(file);
        using SKCodec codec = SKCodec.Create(new SKMemoryStream(data), out SKCodecResult opened) ?? throw Damaged(kind, opened);
        (int width, int height) = (codec.Info.Width, codec.Info.Height);
        PixelImage.CheckSize(width, height);

        byte[] rgba = new byte[width * height * 4];
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        SKCodecResult decoded = codec.GetPixels(info, rgba);
        if (decoded == SKCodecResult.Success && IsPng(file) && file.LastIndexOf(PngEnd) < 0)
        {
            decoded = SKCodecResult.IncompleteInput;
        }

        return decoded == SKCodecResult.Success ? new PixelImage(width, height, OverWhite(rgba)) : throw Damaged(kind, decoded);
    }

    private static byte[] OverWhite(ReadOnlySpan<byte> rgba)
    {
        byte[] rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
        {
            int alpha = rgba[from + 3];
            for (int c = 0; c < 3; c++)
            {
                rgb[to + c] = (byte)(((rgba[from + c] * alpha) + (byte.MaxValue * (byte.MaxValue - alpha)) + 127) / byte.MaxValue);
            }
        }

        return rgb;
    }

    private static ImageException Damaged(string kind, SKCodecResult result) => new(
        $"The {kind} is damaged: {(result == SKCodecResult.IncompleteInput ? "it ends early" : $"the decoder says {result}")}.", StatusCodes.Status400BadRequest);
}
