using OpenCvSharp;

namespace Pinion.Vision.Tests;

/// <summary>What is no image, or one that must not be taken: an error that says so, before memory is taken.</summary>
public sealed class BadImageTests
{
    private static readonly byte[] Gif = [.. "GIF89a"u8, 1, 0, 1, 0, 0, 0, 0];

    private static IEnumerable<TestCaseData> Foreign =>
    [
        new TestCaseData(Array.Empty<byte>(), "the file is empty; JPEG, PNG, WebP and BMP are read.").SetArgDisplayNames("empty"),
        new TestCaseData("hello, world"u8.ToArray(), "it is no image that is known (it begins with 68656C6C6F2C2077); JPEG, PNG, WebP and BMP are read.").SetArgDisplayNames("text"),
        new TestCaseData(Gif, "it is a GIF; JPEG, PNG, WebP and BMP are read.").SetArgDisplayNames("GIF"),
        new TestCaseData("II*\0abcd"u8.ToArray(), "it is a TIFF; JPEG, PNG, WebP and BMP are read.").SetArgDisplayNames("TIFF"),
        new TestCaseData("\0\0\0\u001cftypavif\0\0"u8.ToArray(), "it is an AVIF; JPEG, PNG, WebP and BMP are read.").SetArgDisplayNames("AVIF"),
    ];

    [TestCaseSource(nameof(Foreign))]
    public void What_is_no_image_is_named(byte[] file, string message) => Refused(file, message);

    [Test]
    public void A_file_is_named_in_the_message_and_its_extension_means_nothing()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["text.jpg"], "hello"u8.ToArray());
        File.WriteAllBytes(folder["png.jpg"], PngBytes.Make(4, 3, 3));
        Assert.That(Assert.Throws<ImageException>(() => RgbImage.Load(folder["text.jpg"])).Message, Does.StartWith($"{folder["text.jpg"]}: it is no image that is known"));
        Assert.That(Assert.Throws<ImageException>(() => RgbImage.Load(folder.Path)).Message, Is.EqualTo($"{folder.Path}: it is a folder, not an image."));
        Assert.That(OperatingSystem.IsWindows() ? "a pipe" : Assert.Throws<ImageException>(() => RgbImage.Load("/dev/null"))!.Message, Does.Contain("a pipe").Or.Contain("the file is empty"));
        Assert.That(() => RgbImage.Load(folder["none.jpg"]), Throws.InstanceOf<FileNotFoundException>());
        using var image = RgbImage.Load(folder["png.jpg"]);
        Assert.That((image.Width, image.Height), Is.EqualTo((4, 3)));
    }

    [Test]
    public void Every_part_of_a_file_is_refused()
    {
        OpenCv.Require();
        var image = TestImage.Draw(40, 30, 1);
        foreach (string kind in new[] { ".jpg", ".png", ".bmp", ".webp" })
        {
            byte[] file = OpenCv.Encode(kind, MatType.CV_8UC3, image.Width, image.Height, image.Rgb);
            for (int length = 0; length < file.Length - 2; length += Math.Max(1, file.Length / 300))
            {
                Assert.That(() => RgbImage.Decode(file.AsSpan(0, length)), Throws.TypeOf<ImageException>(), $"{kind}: {length} of {file.Length} bytes");
            }
        }
    }

    [Test]
    public void Damage_anywhere_is_an_error_or_a_picture_and_never_a_crash()
    {
        OpenCv.Require();
        var image = TestImage.Draw(40, 30, 1);
        var random = new Random(1);
        foreach (string kind in new[] { ".jpg", ".png", ".bmp", ".webp" })
        {
            byte[] file = OpenCv.Encode(kind, MatType.CV_8UC3, image.Width, image.Height, image.Rgb);
            for (int i = 0; i < 300; i++)
            {
                byte[] damaged = [.. file];
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                try
                {
                    RgbImage.Decode(damaged, maxPixels: 1 << 22).Dispose();
                }
                catch (ImageException e)
                {
                    Assert.That(e.Message, Is.Not.Empty);
                }
            }
        }
    }

    /// <summary>A few kilobytes that would become 30 GB: refused by the header.</summary>
    [Test]
    public void An_image_beyond_the_limit_is_refused_before_it_is_decoded()
    {
        byte[] bomb = PngBytes.Make(100_000, 100_000, rows: 1);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Refused(bomb, "the image is 100000 x 100000, 10000000000 pixels; 100000000 is the limit. Scale it down, or raise the limit.");
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(1 << 20));
        Assert.That(
            Assert.Throws<ImageException>(() => RgbImage.Decode(PngBytes.Make(10, 10, 10), maxPixels: 99)).Message,
            Is.EqualTo("the image is 10 x 10, 100 pixels; 99 is the limit. Scale it down, or raise the limit."));
        Assert.That(() => RgbImage.Decode(bomb, maxPixels: 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0, 5)]
    [TestCase(5, 0)]
    public void An_image_without_pixels_is_refused(int width, int height) =>
        Assert.That(() => RgbImage.Decode(PngBytes.Make(width, height, 5)), Throws.TypeOf<ImageException>());

    [Test]
    public void Animations_are_refused()
    {
        byte[] control = PngBytes.Chunk("acTL"u8, [0, 0, 0, 2, 0, 0, 0, 0]);
        Refused(PngBytes.Make(3, 3, 3, control), "the PNG is animated; give one picture.");
        // One frame is a picture.
        RgbImage.Decode(PngBytes.Make(3, 3, 3, PngBytes.Chunk("acTL"u8, [0, 0, 0, 1, 0, 0, 0, 0]))).Dispose();

        var python = Python.Require("PIL");
        using var folder = new TemporaryFolder();
        python.Run(
            "import sys\nfrom PIL import Image\nImage.new('RGB', (8, 8)).save(sys.argv[1], save_all=True, append_images=[Image.new('RGB', (8, 8), (255, 0, 0))])", folder["two.webp"]);
        Refused(File.ReadAllBytes(folder["two.webp"]), "the WebP is animated; give one picture.");
    }

    [Test]
    public void An_image_that_is_disposed_of_says_so()
    {
        var image = TestImage.Draw(3, 3, 1).ToRgbImage();
        image.Dispose();
        image.Dispose();
        Assert.That(() => image.CopyTo(new byte[27]), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Pixels_that_do_not_fit_their_sizes_are_refused()
    {
        Assert.That(() => RgbImage.FromPixels(2, 2, new byte[11]), Throws.ArgumentException.With.Message.StartsWith("2 x 2 pixels take 12 bytes of red, green and blue; 11 are given."));
        Assert.That(() => RgbImage.FromPixels(0, 2, []), Throws.TypeOf<ArgumentOutOfRangeException>());
        using var image = TestImage.Draw(2, 2, 1).ToRgbImage();
        Assert.That(() => image.CopyTo(new byte[11]), Throws.ArgumentException.With.Message.StartsWith("2 x 2 pixels take 12 bytes; there is room for 11."));
    }

    private static void Refused(byte[] file, string message) => Assert.That(Assert.Throws<ImageException>(() => RgbImage.Decode(file))!.Message, Is.EqualTo(message));
}
