using Pinion.Zoo;

namespace Pinion.Vision.Tests;

/// <summary>Where preprocessing comes from: the zoo, a model's metadata, Pinion's JSON, PaddleClas' YAML.</summary>
public sealed class OptionsTests
{
    private const string Inference = """
        Global:
          use_gpu: True
        PreProcess:
          transform_ops:
            - ResizeImage:
                resize_short: 256
            - CropImage:
                size: 224
            - NormalizeImage:
                scale: 0.00392157
                mean: [0.485, 0.456, 0.406]
                std: [0.229, 0.224, 0.225]
                order: ''
                channel_num: 3
            - ToCHWImage:
        PostProcess:
          main_indicator: Topk
        """;

    private const string Training = """
        Infer:
          transforms:
            - DecodeImage:
                to_rgb: True
                channel_first: False
            - ResizeImage:
                resize_short: 248
                interpolation: bicubic
                backend: pil
            - CropImage:
                size: 224
            - NormalizeImage:
                scale: 1.0/255.0
                mean: [0.5, 0.5, 0.5]
                std: [0.5, 0.5, 0.5]
                order: ''
            - ToCHWImage:
        """;

    private static readonly string[] Networks = [.. ZooCatalog.Models.Select(m => m.Name)];

    /// <summary>The table of the families, as PaddleClas' configurations of the models say.</summary>
    [TestCaseSource(nameof(Networks))]
    public void Every_network_of_the_zoo_has_its_own(string name)
    {
        PreprocessingOptions options = ImagePreprocessor.FromModel("zoo:" + name.ToUpperInvariant()).Options;
        (int side, Interpolation interpolation, double[] mean, double[] std) = ZooCatalog.Get(name).Family switch
        {
            ZooFamily.Res2Net or ZooFamily.Dpn => (256, Interpolation.OpenCvBilinear, new[] { 0.485, 0.456, 0.406 }, new[] { 0.229, 0.224, 0.225 }),
            ZooFamily.Twins => (256, Interpolation.PillowBicubic, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            _ => (248, Interpolation.PillowBicubic, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
        };
        Assert.Multiple(() =>
        {
            Assert.That((options.ResizeShort, options.Crop, options.Interpolation, options.Scale), Is.EqualTo(((int?)side, (ImageSize?)new ImageSize(224, 224), interpolation, 1.0 / 255.0)));
            Assert.That(options.Mean, Is.EqualTo(mean));
            Assert.That(options.Std, Is.EqualTo(std));
        });
    }

    [Test]
    public void A_wrong_name_of_the_zoo_suggests_the_right_one() =>
        Assert.That(() => ImagePreprocessor.FromModel("zoo:TNT_smal"), Throws.TypeOf<UnknownModelException>().With.Property("Nearest").EqualTo("TNT_small"));

    [Test]
    public void A_model_says_it_in_its_metadata()
    {
        using var folder = new TemporaryFolder();
        OnnxModel model = new OnnxModel().Input("x", OnnxType.Float32, 1, 3, 224, 224).Output("y", OnnxType.Float32, 1, 3, 224, 224).Node("Identity", ["x"], ["y"]);
        File.WriteAllBytes(folder["none.onnx"], model.ToBytes());
        Assert.That(
            Assert.Throws<PreprocessingException>(() => ImagePreprocessor.FromModel(folder["none.onnx"])).Message,
            Is.EqualTo($"{folder["none.onnx"]} does not say how its images are preprocessed (its metadata has no pinion.preprocessing); give a file of JSON or of PaddleClas' YAML."));

        model.Proto.MetadataProps.Add(new StringStringEntryProto { Key = "pinion.preprocessing", Value = """{"resizeShort":300,"crop":[280,260],"interpolation":"bicubic","backend":"pil"}""" });
        File.WriteAllBytes(folder["some.onnx"], model.ToBytes());
        PreprocessingOptions options = ImagePreprocessor.FromModel(folder["some.onnx"]).Options;
        Assert.That((options.ResizeShort, options.Output, options.Interpolation), Is.EqualTo(((int?)300, new ImageSize(280, 260), Interpolation.PillowBicubic)));

        model.Proto.MetadataProps[^1].Value = """{"resizeShort":0}""";
        File.WriteAllBytes(folder["wrong.onnx"], model.ToBytes());
        Assert.That(
            Assert.Throws<PreprocessingException>(() => ImagePreprocessor.FromModel(folder["wrong.onnx"])).Message,
            Is.EqualTo($"{folder["wrong.onnx"]}, pinion.preprocessing: the preprocessing cannot be used: resizeShort is 0; it must be 1 to 16384."));
    }

    [Test]
    public void Options_are_written_as_they_are_read()
    {
        foreach (PreprocessingOptions options in new PreprocessingOptions[]
        {
            new() { ResizeShort = 256, Crop = new ImageSize(224, 224) },
            new() { Size = new ImageSize(300, 200), Crop = new ImageSize(299, 100), Interpolation = Interpolation.PillowLanczos, Scale = 0.00392157, Mean = [0, 1, 2], Std = [1, 0.5, 3] },
        })
        {
            string json = options.ToJson();
            Assert.That(PreprocessingOptions.Parse(json).ToJson(), Is.EqualTo(json));
        }

        Assert.That(
            new PreprocessingOptions { ResizeShort = 256, Crop = new ImageSize(224, 224) }.ToJson(),
            Is.EqualTo("""{"resizeShort":256,"crop":224,"interpolation":"bilinear","backend":"cv2","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}"""));
    }

    [Test]
    public void Configurations_of_Paddle_are_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["inference_cls.yaml"], Inference);
        File.WriteAllText(folder["TNT_small.yaml"], Training);
        Assert.Multiple(() =>
        {
            Assert.That(
                PreprocessingOptions.Load(folder["inference_cls.yaml"]).ToJson(),
                Is.EqualTo(PreprocessingOptions.FromModel("zoo:DPN68").ToJson().Replace(",\"mean\"", ",\"scale\":0.00392157,\"mean\"", StringComparison.Ordinal)));
            Assert.That(PreprocessingOptions.Load(folder["TNT_small.yaml"]).ToJson(), Is.EqualTo(ImagePreprocessor.FromModel("zoo:TNT_small").Options.ToJson()));
        });
    }

    [TestCase("resize_short: 256", "resize_short: 256.5", "line 6: '256.5' is no whole number.")]
    [TestCase("- ResizeImage:", "- RandCropImage:", "line 5: the transform RandCropImage is not done here; there is DecodeImage, ResizeImage, CropImage, NormalizeImage and ToCHWImage.")]
    [TestCase("resize_short: 256", "resize_short: 256\n        interpolation: area", "line 7: area of cv2 is not done here; there is bilinear of cv2, bilinear of pil, bicubic of pil, lanczos of pil.")]
    [TestCase("size: 224", "size: [224]", "line 8: a size is a whole number, or a list of width and height.")]
    [TestCase("size: 224", "size: 257", "the transforms cannot be used: the crop of 257 x 257 is larger than the resized image, whose short side is 256.")]
    [TestCase("order: ''", "order: chw", "line 13: NormalizeImage has the order 'chw' before ToCHWImage; '' before it and chw after it are understood.")]
    [TestCase("channel_num: 3", "channel_num: 4", "line 14: channel_num is 4; an image has 3 channels here (3).")]
    [TestCase("channel_num: 3", "colour: 3", "line 14: NormalizeImage has no setting colour here.")]
    [TestCase("scale: 0.00392157", "scale: __import__('os')", "line 10: '__import__('os')' is no number.")]
    [TestCase("std: [0.229, 0.224, 0.225]", "std: [0.229, 0, 0.225]", "the transforms cannot be used: std has a 0, by which nothing can be divided.")]
    [TestCase("mean: [0.485, 0.456, 0.406]", "mean: [0.485, 0.456]", "the transforms cannot be used: mean has 2 numbers; red, green and blue take 3.")]
    [TestCase("- ToCHWImage:", "- ToCHWImage: 5", "line 15: ToCHWImage takes settings, each with a name.")]
    [TestCase("transform_ops", "transforms", "there is no list of transforms; PaddleClas has it at PreProcess: transform_ops or Infer: transforms.")]
    public void What_is_not_understood_is_named_with_its_line(string from, string to, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder["bad.yaml"];
        Assert.That(Inference.Contains(from, StringComparison.Ordinal), Is.True);
        File.WriteAllText(path, Inference.Replace(from, to, StringComparison.Ordinal));
        Assert.That(Assert.Throws<PreprocessingException>(() => PreprocessingOptions.Load(path)).Message, Is.EqualTo($"{path}: {message}"));
    }

    [TestCase("a: [1", "no YAML that is understood")]
    [TestCase("", "the file is empty")]
    [TestCase("{\"resizeShort\": \"x\"}", "no JSON that is understood")]
    [TestCase("{\"resizeShort\": 256, \"crop\": 224, \"colour\": 1}", "colour")]
    [TestCase("{\"resizeShort\": 256, \"size\": 224}", "resizeShort and size are both given; one must be.")]
    [TestCase("{\"resizeShort\": 256}", "resizeShort needs a crop")]
    [TestCase("{\"crop\": 224}", "neither resizeShort nor size is given")]
    [TestCase("{\"size\": [224, 0]}", "size is 224 x 0; each side must be 1 to 16384.")]
    [TestCase("{\"size\": 224, \"interpolation\": \"bicubic\"}", "asks for bicubic of cv2; there is bilinear of cv2, bilinear of pil, bicubic of pil, lanczos of pil.")]
    [TestCase("{\"size\": 224, \"scale\": 0}", "scale is 0; it must be a number other than 0.")]
    [TestCase("{\"size\": 224, \"mean\": [1, 2, 1e300]}", "mean has a number that FP32 cannot hold.")]
    public void Bad_files_are_refused_by_name(string content, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder["bad.txt"];
        File.WriteAllText(path, content);
        Assert.That(Assert.Throws<PreprocessingException>(() => PreprocessingOptions.Load(path)).Message, Does.StartWith(path).And.Contain(message));
    }

    [Test]
    public void Large_files_folders_and_bytes_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["large"], new byte[(1 << 20) + 1]);
        File.WriteAllBytes(folder["bytes"], [0xC3, 0x28]);
        Assert.Multiple(() =>
        {
            Assert.That(() => PreprocessingOptions.Load(folder["large"]), Throws.TypeOf<PreprocessingException>().With.Message.Contains("has 1048577 bytes, more than a configuration's 1048576"));
            Assert.That(() => PreprocessingOptions.Load(folder["bytes"]), Throws.TypeOf<PreprocessingException>().With.Message.Contains("is no text in UTF-8"));
            Assert.That(() => PreprocessingOptions.Load(folder.Path), Throws.TypeOf<PreprocessingException>().With.Message.Contains("is a folder"));
            Assert.That(() => PreprocessingOptions.Load(folder["none"]), Throws.InstanceOf<FileNotFoundException>());
        });
    }

    [Test]
    public void Options_that_contradict_each_other_make_no_preprocessor() =>
        Assert.That(() => new ImagePreprocessor(new PreprocessingOptions { ResizeShort = 200, Crop = new ImageSize(224, 224) }), Throws.ArgumentException.With.Message.Contains("larger"));
}
