namespace Pinion.Vision.Tests;

/// <summary>An image drawn from a seed: noise, a gradient, stripes of one pixel, a checkerboard of extremes, or one colour.</summary>
internal sealed record TestImage(int Width, int Height, byte[] Rgb)
{
    public static TestImage Draw(int width, int height, int seed)
    {
        var random = new Random(seed);
        byte[] rgb = new byte[width * height * 3];
        if (seed % 5 == 0)
        {
            random.NextBytes(rgb);
        }

        for (int i = 0; seed % 5 != 0 && i < rgb.Length; i++)
        {
            (int x, int y, int c) = (i / 3 % width, i / 3 / width, i % 3);
            rgb[i] = (byte)((seed % 5) switch
            {
                1 => (x * 255 / width) + (c * y * 40 / height),
                2 => (x + (c * y)) % 2 * 255,
                3 => ((x / 3) + (y / 2) + c) % 2 == 0 ? 255 : 0,
                _ => 37 + (c * 90),
            });
        }

        return new TestImage(width, height, rgb);
    }

    public RgbImage ToRgbImage() => RgbImage.FromPixels(Width, Height, Rgb);

    /// <summary>At least 200 different sizes, from a pixel up; each side short, long, near the resized one, and odd.</summary>
    public static IEnumerable<TestImage> Many()
    {
        // Resized as a whole by the oracles, a thin image would become a huge one.
        int[] sides = [1, 2, 3, 9, 17, 31, 50, 64, 101, 150, 223, 224, 225, 248, 255, 256, 333, 513];
        int seed = 0;
        foreach (int width in sides)
        {
            foreach (int height in sides.Where(h => Math.Max(h, width) <= 70 * Math.Min(h, width)))
            {
                yield return Draw(width, height, seed++);
            }
        }

        yield return Draw(1500, 900, 5);
    }

    /// <summary>The bytes of a crop, from the planes that a preprocessor writes.</summary>
    public static byte[] Interleave(ReadOnlySpan<byte> planes)
    {
        byte[] rgb = new byte[planes.Length];
        int plane = planes.Length / 3;
        for (int i = 0; i < planes.Length; i++)
        {
            rgb[(i % plane * 3) + (i / plane)] = planes[i];
        }

        return rgb;
    }
}
