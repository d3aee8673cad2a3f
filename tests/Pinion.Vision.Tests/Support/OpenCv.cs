using OpenCvSharp;

namespace Pinion.Vision.Tests;

/// <summary>OpenCV, asked for what it makes of the same bytes. It is packed for Linux on x64: elsewhere its tests are skipped.</summary>
internal static class OpenCv
{
    private static readonly Lazy<string?> Missing = new(() =>
    {
        try
        {
            using var probe = new Mat(1, 1, MatType.CV_8UC3);
            return null;
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or OpenCvSharpException)
        {
            return $"OpenCV does not load here: {(e.InnerException ?? e).Message}";
        }
    });

    public static void Require()
    {
        if (Missing.Value is { } reason)
        {
            Assert.Ignore(reason);
        }
    }

    /// <summary>An image file as PaddleClas decodes it: RGB, and the size.</summary>
    public static (byte[] Rgb, int Width, int Height) Decode(byte[] file)
    {
        using Mat image = Cv2.ImDecode(file, ImreadModes.Color);
        Assert.That(image.Empty(), Is.False, "OpenCV cannot read the image");
        Cv2.CvtColor(image, image, ColorConversionCodes.BGR2RGB);
        return (Bytes(image), image.Width, image.Height);
    }

    /// <summary>The middle of an image that OpenCV resized.</summary>
    public static byte[] ResizeAndCrop(TestImage image, ImageSize resized, ImageSize crop)
    {
        using var source = Mat.FromPixelData(image.Height, image.Width, MatType.CV_8UC3, image.Rgb);
        using var target = new Mat();
        Cv2.Resize(source, target, new Size(resized.Width, resized.Height), 0, 0, InterpolationFlags.Linear);
        using Mat middle = new Mat(target, new Rect((resized.Width - crop.Width) / 2, (resized.Height - crop.Height) / 2, crop.Width, crop.Height)).Clone();
        return Bytes(middle);
    }

    public static byte[] Encode(string extension, MatType type, int width, int height, byte[] data, params int[] settings)
    {
        using var image = Mat.FromPixelData(height, width, type, data);
        Assert.That(Cv2.ImEncode(extension, image, out byte[] file, settings), Is.True);
        return file;
    }

    private static byte[] Bytes(Mat image)
    {
        byte[] bytes = new byte[image.Total() * image.ElemSize()];
        System.Runtime.InteropServices.Marshal.Copy(image.Data, bytes, 0, bytes.Length);
        return bytes;
    }
}
