namespace OcrService;

/// <summary>An image of 8-bit red, green and blue, row by row. Immutable by agreement.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Pixels">Three bytes a pixel.</param>
internal sealed record PixelImage(int Width, int Height, byte[] Pixels)
{
    /// <summary>More pixels than any photograph of a text line needs.</summary>
    public const int MaxPixels = 1 << 22;

    public const int MaxSide = 1 << 14;

    /// <summary>Refuses a size before memory is taken for it.</summary>
    public static void CheckSize(long width, long height)
    {
        if (width < 1 || height < 1)
        {
            throw new ImageException($"The image is {width} x {height} pixels; it must have at least one each way.", StatusCodes.Status400BadRequest);
        }

        if (width > MaxSide || height > MaxSide || width * height > MaxPixels)
        {
            throw new ImageException(
                $"The image is {width} x {height} pixels; the limits are {MaxSide} each way and {MaxPixels} in all. Send one text line, scaled down.",
                StatusCodes.Status413PayloadTooLarge);
        }
    }
}
