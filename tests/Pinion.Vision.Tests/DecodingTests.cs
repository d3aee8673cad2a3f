using OpenCvSharp;

namespace Pinion.Vision.Tests;

/// <summary>Against what OpenCV decodes files to.</summary>
public sealed class DecodingTests
{
    private const int JpegQuality = 1;
    private const int JpegProgressive = 2;
    private const int JpegRestartInterval = 4;
    private const int JpegSampling = 7;
    private const int WebPQuality = 64;

    [SetUp]
    public void Require() => OpenCv.Require();

    [Test]
    public void Jpegs_are_decoded_to_the_same_bytes(
        [Values(0x111111, 0x211111, 0x221111, 0x121111, 0x411111)] int sampling, [Values(40, 95)] int quality, [Values(0, 1)] int progressive)
    {
        foreach ((int width, int height, int seed) in new[] { (64, 48, 1), (97, 31, 5), (17, 200, 3), (1, 1, 4) })
        {
            var image = TestImage.Draw(width, height, seed);
            byte[] file = OpenCv.Encode(
                ".jpg", MatType.CV_8UC3, width, height, image.Rgb, JpegQuality, quality, JpegProgressive, progressive, JpegRestartInterval, seed % 2 * 3, JpegSampling, sampling);
            Same(file, $"{width} x {height}");
        }
    }

    [Test]
    public void Grey_jpegs_are_decoded_to_the_same_bytes() =>
        Same(OpenCv.Encode(".jpg", MatType.CV_8UC1, 63, 41, TestImage.Draw(63, 41, 5).Rgb[..(63 * 41)]), "grey");

    /// <summary>Alpha is dropped, and of 16 bits the high byte is taken: bytes of noise would show a rounding or a blending.</summary>
    [TestCase(1, 1)]
    [TestCase(3, 1)]
    [TestCase(4, 1)]
    [TestCase(1, 2)]
    [TestCase(3, 2)]
    [TestCase(4, 2)]
    public void Pngs_of_any_channels_and_depth_are_decoded_to_the_same_bytes(int channels, int bytes)
    {
        (int width, int height) = (53, 37);
        byte[] noise = new byte[width * height * channels * bytes];
        new Random(channels).NextBytes(noise);
        Same(OpenCv.Encode(".png", MatType.MakeType(bytes == 1 ? MatType.CV_8U : MatType.CV_16U, channels), width, height, noise), $"{channels} channels of {bytes} bytes");
    }

    /// <summary>Kinds that OpenCV does not write.</summary>
    [Test]
    public void Pngs_with_palettes_transparency_gamma_and_profiles_are_decoded_to_the_same_bytes()
    {
        var python = Python.Require("PIL");
        using var folder = new TemporaryFolder();
        python.Run(
            """
            import struct, sys, zlib
            from PIL import Image, ImageCms, PngImagePlugin
            folder = sys.argv[1]
            w, h = 45, 29
            noise = bytes((x * 7919 + x * x * 31) % 251 for x in range(w * h * 4))
            rgba = Image.frombytes('RGBA', (w, h), noise)
            rgb = rgba.convert('RGB')
            rgb.quantize(16).save(folder + '/palette.png')
            rgb.quantize(16).save(folder + '/palette-transparent.png', transparency=bytes(range(0, 256, 16)))
            rgb.quantize(3).save(folder + '/palette-bits.png', bits=2)
            rgb.convert('L').save(folder + '/grey.png')
            rgb.convert('L').save(folder + '/grey-transparent.png', transparency=100)
            rgb.save(folder + '/rgb-transparent.png', transparency=(1, 2, 3))
            rgb.convert('1').save(folder + '/bits.png')
            rgba.convert('LA').save(folder + '/grey-alpha.png')
            # Red and blue exchanged: whoever converted by the profile would show it.
            profile = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes().replace(b'rXYZ', b'tmpX').replace(b'bXYZ', b'rXYZ').replace(b'tmpX', b'bXYZ')
            rgb.save(folder + '/profile.png', icc_profile=profile)
            rgb.save(folder + '/profile.jpg', icc_profile=profile)
            def chunk(name, data):
                return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
            def png(ihdr, rows, *more):
                return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', ihdr) + b''.join(more) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')
            rows = b''.join(b'\0' + noise[y * w * 3:(y + 1) * w * 3] for y in range(h))
            open(folder + '/gamma.png', 'wb').write(png(struct.pack('>IIBBBBB', w, h, 8, 2, 0, 0, 0), rows, chunk(b'gAMA', struct.pack('>I', 100000))))
            # Adam7: seven smaller images, one after the other.
            passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
            adam = b''.join(b'\0' + b''.join(noise[(y * w + x) * 3:(y * w + x) * 3 + 3] for x in range(x0, w, dx)) for x0, y0, dx, dy in passes for y in range(y0, h, dy))
            open(folder + '/interlaced.png', 'wb').write(png(struct.pack('>IIBBBBB', w, h, 8, 2, 0, 0, 1), adam))
            deep = b''.join(b'\0' + noise[y * w * 2:(y + 1) * w * 2] for y in range(h))
            open(folder + '/grey-16-transparent.png', 'wb').write(png(struct.pack('>IIBBBBB', w, h, 16, 0, 0, 0, 0), deep, chunk(b'tRNS', noise[:2])))
            """,
            folder.Path);
        string[] files = [.. Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal)];
        Assert.That(files, Has.Length.GreaterThanOrEqualTo(13));
        Assert.Multiple(() =>
        {
            foreach (string file in files)
            {
                Same(File.ReadAllBytes(file), Path.GetFileName(file));
            }
        });
    }

    [TestCase(101)]
    [TestCase(80)]
    public void Images_of_WEBP_are_decoded_to_the_same_bytes(int quality) =>
        Same(OpenCv.Encode(".webp", MatType.CV_8UC3, 61, 43, TestImage.Draw(61, 43, 1).Rgb, WebPQuality, quality), $"quality {quality}");

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(4)]
    public void Bmps_are_decoded_to_the_same_bytes(int channels)
    {
        byte[] noise = new byte[23 * 19 * channels];
        new Random(channels).NextBytes(noise);
        Same(OpenCv.Encode(".bmp", MatType.MakeType(MatType.CV_8U, channels), 23, 19, noise), $"{channels} channels");
    }

    [Test]
    public void Every_exif_orientation_is_applied_as_OpenCV_does([Range(0, 9)] int orientation)
    {
        byte[] jpeg = OpenCv.Encode(".jpg", MatType.CV_8UC3, 60, 40, TestImage.Draw(60, 40, 1).Rgb);
        byte[] exif = Exif(orientation);
        byte[] marker = [0xFF, 0xE1, 0, (byte)(2 + 6 + exif.Length), .. "Exif\0\0"u8, .. exif];
        Same([.. jpeg[..2], .. marker, .. jpeg[2..]], $"orientation {orientation}");
    }

    [Test]
    public void The_orientation_of_a_png_is_applied_as_OpenCV_does([Values(1, 6, 8)] int orientation)
    {
        byte[] png = OpenCv.Encode(".png", MatType.CV_8UC3, 60, 40, TestImage.Draw(60, 40, 1).Rgb);
        Same([.. png[..PngBytes.HeaderEnd], .. PngBytes.Chunk("eXIf"u8, Exif(orientation)), .. png[PngBytes.HeaderEnd..]], $"orientation {orientation}");
    }

    [Test]
    public void The_orientation_of_a_webp_is_treated_as_OpenCV_does([Values(1, 6)] int orientation)
    {
        var python = Python.Require("PIL");
        using var folder = new TemporaryFolder();
        python.Run(
            "import sys\nfrom PIL import Image\ne = Image.Exif()\ne[0x112] = int(sys.argv[2])\nImage.linear_gradient('L').convert('RGB').resize((60, 40)).save(sys.argv[1], lossless=True, exif=e)",
            folder["turned.webp"], $"{orientation}");
        Same(File.ReadAllBytes(folder["turned.webp"]), $"orientation {orientation}");
    }

    private static byte[] Exif(int orientation) => [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];

    private static void Same(byte[] file, string what)
    {
        (byte[] wanted, int width, int height) = OpenCv.Decode(file);
        using var image = RgbImage.Decode(file);
        byte[] rgb = new byte[image.Width * image.Height * 3];
        image.CopyTo(rgb);
        Assert.That((image.Width, image.Height), Is.EqualTo((width, height)), what);
        Assert.That(rgb.AsSpan().SequenceEqual(wanted), Is.True, () => $"{what}: pixel {rgb.AsSpan().CommonPrefixLength(wanted) / 3} of {width} x {height} differs, by at most {rgb.Zip(wanted).Max(p => Math.Abs(p.First - p.Second))}");
    }
}
