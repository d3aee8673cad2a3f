using System.Runtime.InteropServices;
using System.Text.Json;

namespace Pinion.Vision.Tests;

/// <summary>Against what PaddleClas itself computed.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string> Networks = new() { ["res2net_dpn"] = "zoo:Res2Net50_26w_4s", ["twins"] = "zoo:pcpvt_small", ["tnt"] = "zoo:TNT_small" };

    [Test]
    public void Images_are_decoded_to_the_bytes_of_Paddle()
    {
        PaddleReference.Require();
        using JsonDocument manifest = PaddleReference.Manifest();
        int compared = 0;
        foreach (JsonProperty image in manifest.RootElement.GetProperty("images").EnumerateObject().Where(i => File.Exists(PaddleReference.Image(i.Name))))
        {
            JsonElement decoded = image.Value.GetProperty("decoded");
            using var read = RgbImage.Load(PaddleReference.Image(image.Name));
            byte[] rgb = new byte[read.Width * read.Height * 3];
            read.CopyTo(rgb);
            Assert.That((read.Width, read.Height), Is.EqualTo((decoded.GetProperty("width").GetInt32(), decoded.GetProperty("height").GetInt32())), image.Name);
            if (image.Name.StartsWith("cmyk", StringComparison.Ordinal))
            {
                using var png = RgbImage.Load(PaddleReference.Png(decoded));
                byte[] wanted = new byte[rgb.Length];
                png.CopyTo(wanted);
                Assert.That(rgb.Zip(wanted).Max(p => Math.Abs(p.First - p.Second)), Is.LessThanOrEqualTo(1), image.Name);
            }
            else
            {
                Assert.That(PaddleReference.Hash(rgb), Is.EqualTo(decoded.GetProperty("sha256_rgb_hwc").GetString()), image.Name);
            }

            compared++;
        }

        Assert.That(compared, Is.GreaterThanOrEqualTo(8));
    }

    /// <summary>From the decoded bytes on, so that CMYK counts too.</summary>
    [Test]
    public void Crops_and_tensors_are_those_of_Paddle_bit_for_bit()
    {
        PaddleReference.Require();
        using JsonDocument manifest = PaddleReference.Manifest();
        int compared = 0;
        foreach (JsonProperty image in manifest.RootElement.GetProperty("images").EnumerateObject().Where(i => File.Exists(PaddleReference.Image(i.Name))))
        {
            JsonElement decoded = image.Value.GetProperty("decoded");
            using var read = RgbImage.Load(decoded.TryGetProperty("png", out _) ? PaddleReference.Png(decoded) : PaddleReference.Image(image.Name));
            foreach (JsonProperty pipeline in image.Value.GetProperty("pipelines").EnumerateObject().Where(p => Networks.ContainsKey(p.Name)))
            {
                var preprocessor = ImagePreprocessor.FromModel(Networks[pipeline.Name]);
                byte[] planes = new byte[preprocessor.Elements];
                preprocessor.Write(read, planes);
                float[] tensor = new float[preprocessor.Elements];
                preprocessor.Write(read, tensor);
                Assert.Multiple(() =>
                {
                    Assert.That(
                        PaddleReference.Hash(TestImage.Interleave(planes)), Is.EqualTo(Sha256(pipeline.Value, "cropped", "sha256_rgb_hwc")), $"{image.Name} {pipeline.Name} crop");
                    Assert.That(
                        PaddleReference.Hash(MemoryMarshal.AsBytes(tensor.AsSpan())), Is.EqualTo(Sha256(pipeline.Value, "tensor", "sha256_f32_chw")), $"{image.Name} {pipeline.Name} tensor");
                });
                if (pipeline.Value.TryGetProperty("tensor_scale_0.00392157", out _))
                {
                    new ImagePreprocessor(preprocessor.Options with { Scale = 0.00392157 }).Write(read, tensor);
                    Assert.That(
                        PaddleReference.Hash(MemoryMarshal.AsBytes(tensor.AsSpan())), Is.EqualTo(Sha256(pipeline.Value, "tensor_scale_0.00392157", "sha256_f32_chw")), image.Name);
                }

                compared++;
            }
        }

        Assert.That(compared, Is.GreaterThanOrEqualTo(24));
    }

    /// <summary>What no network of the zoo needs, and configurations may ask for.</summary>
    [TestCase("x_cv2_size224", """{"size":224,"interpolation":"bilinear","backend":"cv2"}""")]
    [TestCase("x_pil_bicubic_size224", """{"size":224,"interpolation":"bicubic","backend":"pil"}""")]
    [TestCase("x_pil_bilinear_256", """{"resizeShort":256,"crop":224,"interpolation":"bilinear","backend":"pil"}""")]
    [TestCase("x_pil_lanczos_256", """{"resizeShort":256,"crop":224,"interpolation":"lanczos","backend":"pil"}""")]
    public void Other_interpolations_give_the_crops_of_Paddle(string pipeline, string options)
    {
        PaddleReference.Require();
        using JsonDocument manifest = PaddleReference.Manifest();
        var preprocessor = new ImagePreprocessor(PreprocessingOptions.Parse(options));
        int compared = 0;
        foreach (JsonProperty image in manifest.RootElement.GetProperty("images").EnumerateObject())
        {
            if (image.Value.GetProperty("pipelines").TryGetProperty(pipeline, out JsonElement wanted) && File.Exists(PaddleReference.Image(image.Name)))
            {
                using var read = RgbImage.Load(PaddleReference.Image(image.Name));
                byte[] planes = new byte[preprocessor.Elements];
                preprocessor.Write(read, planes);
                Assert.That(PaddleReference.Hash(TestImage.Interleave(planes)), Is.EqualTo(Sha256(wanted, "cropped", "sha256_rgb_hwc")), image.Name);
                compared++;
            }
        }

        Assert.That(compared, Is.EqualTo(3));
    }

    private static string Sha256(JsonElement element, string what, string kind) => element.GetProperty(what).GetProperty(kind).GetString()!;
}
