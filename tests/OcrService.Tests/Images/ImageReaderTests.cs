using System.Text;
using SkiaSharp;

namespace OcrService.Tests;

public sealed class ImageReaderTests
{
    private const int Width = 13;
    private const int Height = 7;

    [Test]
    public void A_png_is_read_with_every_filter_and_kind([Values(1, 2, 3, 4)] int channels, [Range(0, 4)] int filter)
    {
        byte[] samples = new byte[Width * Height * channels];
        new Random(channels).NextBytes(samples);

        PixelImage image = ImageReader.Read(PngWriter.Write(Width, Height, channels, samples, filter));

        Assert.That((image.Width, image.Height), Is.EqualTo((Width, Height)));
        for (int i = 0; i < Width * Height; i++)
        {
            byte[] pixel = samples[(i * channels)..((i + 1) * channels)];
            double alpha = channels % 2 == 0 ? pixel[^1] / 255.0 : 1;
            byte[] colors = channels <= 2 ? [pixel[0], pixel[0], pixel[0]] : pixel[..3];
            for (int c = 0; c < 3; c++)
            {
                Assert.That(image.Pixels[(i * 3) + c], Is.EqualTo((colors[c] * alpha) + (255 * (1 - alpha))).Within(0.51));
            }
        }
    }

    [Test]
    public void A_png_may_have_16_bits_a_palette_or_be_interlaced()
    {
        byte[] deep = PngWriter.Join(PngWriter.Header(2, 1, 1, depth: 16), PngWriter.Data([0, 10, 0, 200, 0]));
        byte[] palette = PngWriter.Join(PngWriter.Header(2, 1, 1, color: 3), PngWriter.Chunk("PLTE", [1, 2, 3, 40, 50, 60]), PngWriter.Data([0, 1, 0]));
        byte[] interlaced = PngWriter.Join(PngWriter.Header(1, 1, 1, interlace: 1), PngWriter.Data([0, 77]));

        Assert.That(ImageReader.Read(deep).Pixels, Is.EqualTo(new byte[] { 10, 10, 10, 200, 200, 200 }));
        Assert.That(ImageReader.Read(palette).Pixels, Is.EqualTo(new byte[] { 40, 50, 60, 1, 2, 3 }));
        Assert.That(ImageReader.Read(interlaced).Pixels, Is.EqualTo(new byte[] { 77, 77, 77 }));
    }

    [Test]
    public void A_jpeg_is_read_and_refused_where_it_ends_early()
    {
        using var bitmap = new SKBitmap(64, 32, SKColorType.Rgba8888, SKAlphaType.Opaque);
        bitmap.Erase(new SKColor(200, 100, 50));
        using SKData file = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);

        PixelImage image = ImageReader.Read(file.AsSpan());
        ImageException error = Assert.Throws<ImageException>(() => ImageReader.Read(file.AsSpan()[..^20]))!;

        Assert.That((image.Width, image.Height), Is.EqualTo((64, 32)));
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            Assert.That(image.Pixels[i], Is.EqualTo(new[] { 200, 100, 50 }[i % 3]).Within(4));
        }

        Assert.That((error.StatusCode, error.Message), Is.EqualTo((400, "The JPEG is damaged: it ends early.")));
    }

    [TestCase("P5\n3 2\n255\n")]
    [TestCase("P5 # grey\n# made by hand\n3\t2 255 ")]
    public void A_binary_pgm_is_read(string header)
    {
        PixelImage image = ImageReader.Read([.. Encoding.ASCII.GetBytes(header), 0, 10, 20, 30, 40, 50]);

        Assert.That((image.Width, image.Height), Is.EqualTo((3, 2)));
        Assert.That(image.Pixels, Is.EqualTo(new byte[] { 0, 0, 0, 10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40, 50, 50, 50 }));
    }

    [Test]
    public void A_binary_ppm_is_read_and_scaled_to_255()
    {
        PixelImage image = ImageReader.Read([.. "P6 2 1 51\n"u8, 0, 1, 51, 10, 20, 30]);

        Assert.That(image.Pixels, Is.EqualTo(new byte[] { 0, 5, 255, 50, 100, 150 }));
    }

    [TestCaseSource(nameof(BadImages))]
    public void A_bad_image_is_refused_in_clear_words(byte[] file, int status, string words)
    {
        ImageException error = Assert.Throws<ImageException>(() => ImageReader.Read(file))!;

        Assert.That(error.Message, Does.Contain(words));
        Assert.That(error.StatusCode, Is.EqualTo(status));
    }

    /// <summary>Every prefix is refused, and every flipped byte, unless the picture is the same: Skia does not look at the last checksum.</summary>
    [Test]
    public void Damage_anywhere_is_never_more_than_a_refusal()
    {
        byte[] file = BitmapFont.DrawPng("1", scale: 1);
        byte[] pixels = ImageReader.Read(file).Pixels;
        int refused = 0;
        for (int i = 0; i < file.Length; i++)
        {
            Assert.Throws<ImageException>(() => ImageReader.Read(file.AsSpan(0, i)));
            byte[] flipped = [.. file];
            flipped[i] ^= 0x10;
            try
            {
                Assert.That(ImageReader.Read(flipped).Pixels, Is.EqualTo(pixels), $"byte {i} changed the picture");
            }
            catch (ImageException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.GreaterThanOrEqualTo(file.Length - 8), "all but two checksums of four bytes");
    }

    private static IEnumerable<TestCaseData> BadImages()
    {
        byte[] good = BitmapFont.DrawPng("1", scale: 1);
        TestCaseData Case(string name, byte[] file, int status, string words) => new TestCaseData(file, status, words).SetArgDisplayNames(name);

        yield return Case("empty", [], 400, "empty");
        yield return Case("JPEG of six bytes", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16], 400, "The JPEG is damaged: it ends early");
        yield return Case("text", "hello"u8.ToArray(), 415, "neither a PNG, a JPEG nor");
        yield return Case("truncated PNG", good[..(good.Length / 2)], 400, "ends early");
        yield return Case("signature alone", PngWriter.Signature, 400, "ends early");
        yield return Case("no IEND", good[..^12], 400, "ends early");
        yield return Case("no IHDR", PngWriter.Join(PngWriter.Chunk("IDAT", [])), 400, "The PNG is damaged");
        yield return Case("too few pixels", PngWriter.Join(PngWriter.Header(8, 8, 1), PngWriter.Data(new byte[20])), 400, "ends early");
        yield return Case("no pixels", PngWriter.Join(PngWriter.Header(8, 8, 1)), 400, "ends early");
        yield return Case("no zlib", PngWriter.Join(PngWriter.Header(8, 8, 1), PngWriter.Chunk("IDAT", [1, 2, 3, 4])), 400, "The PNG is damaged");
        yield return Case("filter 9", PngWriter.Join(PngWriter.Header(1, 1, 1), PngWriter.Data([9, 0])), 400, "The PNG is damaged");
        yield return Case("wide bomb", PngWriter.Join(PngWriter.Header(999_999, 1, 3), PngWriter.Data(new byte[20])), 413, "999999 x 1 pixels");
        yield return Case("square bomb", PngWriter.Join(PngWriter.Header(16_000, 16_000, 3), PngWriter.Data(new byte[20])), 413, "16000 x 16000 pixels; the limits are");
        yield return Case("wider than a PNG can be", PngWriter.Join(PngWriter.Header(uint.MaxValue, 1, 3), PngWriter.Data(new byte[20])), 400, "The PNG is damaged");
        yield return Case("no width", PngWriter.Join(PngWriter.Header(0, 5, 3), PngWriter.Data(new byte[20])), 400, "The PNG is damaged");
        yield return Case("unknown depth", PngWriter.Join(PngWriter.Header(8, 8, 1, depth: 7), PngWriter.Data(new byte[20])), 400, "The PNG is damaged");
        yield return Case("text PPM", "P3 1 1 255 1 2 3"u8.ToArray(), 415, "is a P3; send a binary PPM");
        yield return Case("16-bit PGM", "P5 1 1 65535 ab"u8.ToArray(), 415, "largest value is 65535");
        yield return Case("short PPM", "P6 100 100 255 abc"u8.ToArray(), 400, "take 30000 bytes, there are 3");
        yield return Case("PGM bomb", "P5 100000 100000 255 "u8.ToArray(), 413, "100000 x 100000 pixels");
        yield return Case("PGM of too many digits", "P5 99999999999999999999 1 255 "u8.ToArray(), 400, "no width");
        yield return Case("PGM without a height", "P5 7"u8.ToArray(), 400, "no height");
        yield return Case("PGM that is a comment", "P5 # for ever"u8.ToArray(), 400, "no width");
        yield return Case("PGM of negative width", "P5 -3 1 255 "u8.ToArray(), 400, "no width");
    }
}
