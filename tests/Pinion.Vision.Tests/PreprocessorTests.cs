namespace Pinion.Vision.Tests;

/// <summary>What is written where, of which type, and at which price.</summary>
public sealed class PreprocessorTests
{
    private static readonly ImagePreprocessor Preprocessor = ImagePreprocessor.FromModel("zoo:TNT_small");

    [Test]
    public void Values_are_those_of_three_roundings_to_FP32()
    {
        using var image = TestImage.Draw(300, 260, 5).ToRgbImage();
        var preprocessor = ImagePreprocessor.FromModel("zoo:DPN68");
        byte[] bytes = new byte[preprocessor.Elements];
        float[] floats = new float[preprocessor.Elements];
        var halves = new Half[preprocessor.Elements];
        preprocessor.Write(image, bytes);
        preprocessor.Write(image, floats);
        preprocessor.Write(image, halves);
        float[] mean = [0.485f, 0.456f, 0.406f];
        float[] std = [0.229f, 0.224f, 0.225f];
        for (int i = 0; i < bytes.Length; i++)
        {
            float scaled = bytes[i] * 0.003921568859368563f;
            float centred = scaled - mean[i / (224 * 224)];
            float value = centred / std[i / (224 * 224)];
            if (floats[i] != value || halves[i] != (Half)value)
            {
                Assert.Fail($"element {i} of byte {bytes[i]}: {floats[i]:R} and {halves[i]}, wanted {value:R}");
            }
        }

        Assert.That(bytes.Distinct().Count(), Is.GreaterThan(240));
    }

    [Test]
    public void An_image_is_written_at_its_place_in_the_batch_and_nowhere_else()
    {
        using var image = TestImage.Draw(300, 260, 5).ToRgbImage();
        int elements = Preprocessor.Elements;
        float[] batch = new float[(elements * 3) + 7];
        batch.AsSpan().Fill(77);
        float[] alone = new float[elements];
        Preprocessor.Write(image, batch, 1);
        Preprocessor.Write(image, alone);
        Assert.Multiple(() =>
        {
            Assert.That(batch.AsSpan(elements, elements).SequenceEqual(alone), Is.True);
            Assert.That(batch.AsSpan(0, elements).ContainsAnyExcept(77f), Is.False);
            Assert.That(batch.AsSpan(elements * 2).ContainsAnyExcept(77f), Is.False);
        });
    }

    [Test]
    public void A_tensor_without_room_is_refused_before_anything_is_written()
    {
        using var image = TestImage.Draw(30, 26, 1).ToRgbImage();
        float[] tensor = new float[(Preprocessor.Elements * 2) - 1];
        Assert.That(
            () => Preprocessor.Write(image, tensor, 1),
            Throws.ArgumentException.With.Message.StartsWith("The tensor has 301055 elements; image 1 of 3 x 224 x 224 ends at 301056."));
        Assert.That(() => Preprocessor.Write(image, tensor, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Preprocessor.Write(image, tensor, int.MaxValue), Throws.ArgumentException);
        Assert.That(tensor.AsSpan().ContainsAnyExcept(0f), Is.False);
    }

    [TestCase("zoo:TNT_small")]
    [TestCase("zoo:DPN68")]
    public void Nothing_is_allocated_after_the_first_image(string model)
    {
        var preprocessor = ImagePreprocessor.FromModel(model);
        using var large = TestImage.Draw(500, 400, 1).ToRgbImage();
        using var small = TestImage.Draw(300, 310, 1).ToRgbImage();
        float[] tensor = new float[preprocessor.Elements];
        for (int i = 0; i < 3; i++)
        {
            preprocessor.Write(large, tensor);
            preprocessor.Write(small, tensor);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            preprocessor.Write(large, tensor);
            preprocessor.Write(small, tensor);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    /// <summary>Resized as a whole it would have 655 million pixels; only the crop is made.</summary>
    [TestCase(1, 10_000, "zoo:DPN68")]
    [TestCase(10_000, 1, "zoo:DPN68")]
    [TestCase(1, 10_000, "zoo:TNT_small")]
    [TestCase(10_000, 1, "zoo:TNT_small")]
    public void A_line_of_pixels_takes_no_more_memory_than_its_crop(int width, int height, string model)
    {
        using var image = TestImage.Draw(width, height, 4).ToRgbImage();
        var preprocessor = ImagePreprocessor.FromModel(model);
        byte[] planes = new byte[preprocessor.Elements];
        long before = GC.GetAllocatedBytesForCurrentThread();
        preprocessor.Write(image, planes);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
        Assert.That(planes.Chunk(224 * 224).Select(p => p.Distinct().Single()), Is.EqualTo(new[] { 37, 127, 217 }));
    }

    [Test]
    public void A_line_beyond_all_numbers_is_refused()
    {
        using var image = TestImage.Draw(1, 5_000_000, 4).ToRgbImage();
        Assert.That(
            Assert.Throws<ImageException>(() => Preprocessor.Write(image, new byte[Preprocessor.Elements])).Message,
            Is.EqualTo("the image is 1 x 5000000 pixels; with a short side of 248 the long one would have 1240000000."));
    }

    /// <summary>The whole way, into pinned memory: the engine returns what it is given.</summary>
    [Test]
    public void A_sessions_input_takes_images_as_they_are_written()
    {
        byte[] model = new OnnxModel().Input("x", OnnxType.Float32, 2, 3, 224, 224).Output("y", OnnxType.Float32, 2, 3, 224, 224).Node("Identity", ["x"], ["y"]).ToBytes();
        using Plan plan = EngineBuilder.Build(model);
        using var engine = Engine.Load(plan);
        using Session session = engine.CreateSession();
        using var first = TestImage.Draw(300, 260, 5).ToRgbImage();
        using var second = TestImage.Draw(200, 460, 1).ToRgbImage();
        Preprocessor.Write(first, session.Input<float>("x"), 0);
        Preprocessor.Write(second, session.Input<float>("x"), 1);

        session.Run();

        float[] wanted = new float[Preprocessor.Elements];
        Preprocessor.Write(second, wanted);
        Assert.That(session.Output<float>("y")[Preprocessor.Elements..].SequenceEqual(wanted), Is.True);
    }
}
