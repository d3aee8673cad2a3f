namespace OcrService;

/// <summary>Reads an image of whatever supported kind, which its first bytes tell.</summary>
internal static class ImageReader
{
    /// <exception cref="ImageException">It is damaged, too large, or of another kind.</exception>
    public static PixelImage Read(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty)
        {
            throw new ImageException("The body is empty; send an image.", StatusCodes.Status400BadRequest);
        }

        if (SkiaReader.IsPng(file) || SkiaReader.IsJpeg(file))
        {
            return SkiaReader.Read(file);
        }

        if (PnmReader.IsPnm(file))
        {
            return PnmReader.Read(file);
        }

        throw new ImageException(
            "The body is neither a PNG, a JPEG nor a binary PPM or PGM (P6, P5); send one of these.", StatusCodes.Status415UnsupportedMediaType);
    }
}
