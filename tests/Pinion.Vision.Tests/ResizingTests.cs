using System.Globalization;

namespace Pinion.Vision.Tests;

/// <summary>Against OpenCV and Pillow themselves, on many sizes and contents.</summary>
public sealed class ResizingTests
{
    private static readonly PreprocessingOptions OpenCvOptions = new() { ResizeShort = 256, Crop = new ImageSize(224, 224) };

    /// <summary>The three that PaddleClas can ask Pillow for, at the two sizes of the zoo and at one without proportion.</summary>
    private static readonly (string Filter, PreprocessingOptions Options)[] PillowOptions =
    [
        ("BICUBIC", new() { ResizeShort = 256, Crop = new ImageSize(224, 224), Interpolation = Interpolation.PillowBicubic }),
        ("BICUBIC", new() { ResizeShort = 248, Crop = new ImageSize(224, 224), Interpolation = Interpolation.PillowBicubic }),
        ("LANCZOS", new() { Size = new ImageSize(61, 47), Interpolation = Interpolation.PillowLanczos }),
        ("BILINEAR", new() { Size = new ImageSize(61, 47), Crop = new ImageSize(30, 40), Interpolation = Interpolation.PillowBilinear }),
    ];

    [Test]
    public void The_bilinear_of_OpenCV_is_met_bit_for_bit_on_200_sizes()
    {
        OpenCv.Require();
        int compared = 0;
        foreach (TestImage image in TestImage.Many())
        {
            foreach (PreprocessingOptions options in new[] { OpenCvOptions, new() { Size = new ImageSize(97, 41) } })
            {
                byte[] wanted = OpenCv.ResizeAndCrop(image, Resized(image, options), options.Output);
                Assert.That(Crop(image, options).AsSpan().SequenceEqual(wanted), Is.True, $"{image.Width} x {image.Height}, {options}");
            }

            compared++;
        }

        Assert.That(compared, Is.GreaterThanOrEqualTo(200));
    }

    [Test]
    public void Pillows_filters_are_met_bit_for_bit_on_200_sizes()
    {
        var python = Python.Require("PIL");
        using var folder = new TemporaryFolder();
        var images = TestImage.Many().ToList();
        var list = new List<string>();
        foreach ((int i, TestImage image) in images.Index())
        {
            File.WriteAllBytes(folder[$"{i}.rgb"], image.Rgb);
            foreach ((int j, (string filter, PreprocessingOptions options)) in PillowOptions.Index())
            {
                (ImageSize resized, ImageSize crop) = (Resized(image, options), options.Output);
                list.Add(string.Create(CultureInfo.InvariantCulture, $"{i} {j} {filter} {image.Width} {image.Height} {resized.Width} {resized.Height} {crop.Width} {crop.Height}"));
            }
        }

        File.WriteAllLines(folder["list.txt"], list);
        python.Run(
            """
            import sys
            from PIL import Image
            folder = sys.argv[1]
            for line in open(folder + '/list.txt'):
                i, j, name, *sizes = line.split()
                w, h, rw, rh, cw, ch = map(int, sizes)
                image = Image.frombytes('RGB', (w, h), open(f'{folder}/{i}.rgb', 'rb').read()).resize((rw, rh), getattr(Image, name))
                left, top = (rw - cw) // 2, (rh - ch) // 2
                open(f'{folder}/{i}.{j}', 'wb').write(image.crop((left, top, left + cw, top + ch)).tobytes())
            """,
            folder.Path);
        foreach ((int i, TestImage image) in images.Index())
        {
            foreach ((int j, (string filter, PreprocessingOptions options)) in PillowOptions.Index())
            {
                Assert.That(Crop(image, options).AsSpan().SequenceEqual(File.ReadAllBytes(folder[$"{i}.{j}"])), Is.True, $"{filter}, {image.Width} x {image.Height}, {options}");
            }
        }

        Assert.That(images, Has.Count.GreaterThanOrEqualTo(200));
    }

    /// <summary>Tables are kept from image to image; a smaller image after a larger one must not see the larger one's.</summary>
    [TestCase(Interpolation.OpenCvBilinear)]
    [TestCase(Interpolation.PillowBicubic)]
    public void A_preprocessor_that_has_seen_other_sizes_writes_the_same(Interpolation interpolation)
    {
        var options = new PreprocessingOptions { ResizeShort = 64, Crop = new ImageSize(60, 60), Interpolation = interpolation };
        var used = new ImagePreprocessor(options);
        foreach ((int width, int height) in new[] { (300, 200), (30, 20), (300, 200), (200, 300), (7, 900), (30, 20), (30, 20) })
        {
            var image = TestImage.Draw(width, height, seed: 5);
            using var pixels = image.ToRgbImage();
            byte[] planes = new byte[used.Elements];
            used.Write(pixels, planes);
            Assert.That(TestImage.Interleave(planes), Is.EqualTo(Crop(image, options)), $"{width} x {height}");
        }
    }

    [Test]
    public void Many_threads_share_a_preprocessor()
    {
        var preprocessor = ImagePreprocessor.FromModel("zoo:pcpvt_small");
        RgbImage[] images = [.. Enumerable.Range(0, 8).Select(i => TestImage.Draw(200 + (37 * i), 150 + (11 * i), 5 * i).ToRgbImage())];
        byte[][] wanted = [.. images.Select(Planes)];
        Parallel.For(0, 64, i => Assert.That(Planes(images[i % 8]).AsSpan().SequenceEqual(wanted[i % 8]), Is.True));
        Array.ForEach(images, i => i.Dispose());

        byte[] Planes(RgbImage image)
        {
            byte[] planes = new byte[preprocessor.Elements];
            preprocessor.Write(image, planes);
            return planes;
        }
    }

    private static ImageSize Resized(TestImage image, PreprocessingOptions options)
    {
        if (options.Size is { } size)
        {
            return size;
        }

        double percent = (double)options.ResizeShort!.Value / Math.Min(image.Width, image.Height);
        return new ImageSize((int)Math.Round(image.Width * percent), (int)Math.Round(image.Height * percent));
    }

    private static byte[] Crop(TestImage image, PreprocessingOptions options)
    {
        var preprocessor = new ImagePreprocessor(options);
        using var pixels = image.ToRgbImage();
        byte[] planes = new byte[preprocessor.Elements];
        preprocessor.Write(pixels, planes);
        return TestImage.Interleave(planes);
    }
}
