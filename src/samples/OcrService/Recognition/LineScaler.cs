namespace OcrService;

/// <summary>Makes of an image what the model takes: planes of blue, green and red, 48 rows high, from -1 to 1.</summary>
internal static class LineScaler
{
    public const int Height = 48;
    public const int Channels = 3;
    public const int MinWidth = 8;

    /// <summary>The width that keeps the proportions; a longer line is squeezed.</summary>
    public static int WidthOf(PixelImage image, int maxWidth) =>
        (int)Math.Clamp(Math.Ceiling((double)image.Width * Height / image.Height), MinWidth, maxWidth);

    /// <summary>Bilinear, with the pixels' centres as points.</summary>
    public static void Scale(PixelImage image, int width, Span<float> planes)
    {
        float scaleX = (float)image.Width / width;
        float scaleY = (float)image.Height / Height;
        for (int y = 0; y < Height; y++)
        {
            (int top, int bottom, float down) = Between(y, scaleY, image.Height);
            for (int x = 0; x < width; x++)
            {
                (int left, int right, float across) = Between(x, scaleX, image.Width);
                for (int c = 0; c < Channels; c++)
                {
                    float above = Mix(At(image, left, top, c), At(image, right, top, c), across);
                    float below = Mix(At(image, left, bottom, c), At(image, right, bottom, c), across);
                    planes[((((Channels - 1 - c) * Height) + y) * width) + x] = (Mix(above, below, down) / 127.5f) - 1;
                }
            }
        }
    }

    private static (int First, int Second, float Part) Between(int index, float scale, int size)
    {
        float point = Math.Clamp(((index + 0.5f) * scale) - 0.5f, 0, size - 1);
        int first = (int)point;
        return (first, Math.Min(first + 1, size - 1), point - first);
    }

    private static byte At(PixelImage image, int x, int y, int channel) => image.Pixels[(((y * image.Width) + x) * Channels) + channel];

    private static float Mix(float first, float second, float part) => first + ((second - first) * part);
}
