using Microsoft.ML.OnnxRuntime;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Real models: PaddleOCR's classifier, detector and recognizer, against ONNX Runtime's own outputs.</summary>
public sealed class OcrModelTests
{
    private const string ModelsVariable = "PINION_TEST_MODELS";
    private const double Tolerance = 1e-5;

    [TestCase("ch_ppocr_mobile_v2.0_cls_infer.onnx", "min=1x3x48x192,opt=4x3x48x192,max=8x3x48x192", "1x3x48x192 8x3x48x192 3x3x48x192")]
    [TestCase("ch_PP-OCRv4_det_infer.onnx", "min=1x3x64x64,opt=1x3x320x320,max=2x3x640x640", "1x3x320x320 2x3x64x96 1x3x640x480")]
    [TestCase("ch_PP-OCRv4_rec_infer.onnx", "min=1x3x48x192,opt=4x3x48x320,max=8x3x48x640", "1x3x48x320 4x3x48x320 8x3x48x192 1x3x48x640")]
    public void Outputs_equal_ONNX_Runtimes(string file, string profile, string shapes)
    {
        string path = Path.Combine(ModelsFolder(), file);
        ModelDescription model = EngineBuilder.DescribeModel(path);
        string input = model.Inputs.Single().Name;
        string output = model.Outputs.Single().Name;

        using Plan plan = EngineBuilder.Build(path, new EngineBuildOptions { Profiles = [OptimizationProfile.Parse($"{input}:{profile}")], ProfileCopies = 4 });
        using var engine = Engine.Load(plan);
        using Session session = engine.CreateSession();
        using var oracle = new InferenceSession(path);
        using var runOptions = new RunOptions();
        var random = new Random(20240817);
        foreach (string text in shapes.Split(' '))
        {
            var shape = TensorShape.Parse(text);
            float[] values = [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => random.NextSingle())];
            using var tensor = OrtValue.CreateTensorValueFromMemory(values, shape.ToArray());
            using IDisposableReadOnlyCollection<OrtValue> results = oracle.Run(runOptions, [input], [tensor], [output]);
            TensorShape referenceShape = results[0].GetTensorTypeAndShape().Shape;
            float[] reference = results[0].GetTensorDataAsSpan<float>().ToArray();

            session.SetShape(input, shape);
            values.CopyTo(session.Input<float>(input));
            session.Run();

            Assert.That(session.GetShape(output), Is.EqualTo(referenceShape), text);
            Assert.That(LargestDifference(session.Output<float>(output), reference), Is.LessThanOrEqualTo(Tolerance), text);
            Assert.That(reference.Distinct().Count(), Is.GreaterThan(1), "a constant output proves nothing");
        }
    }

    [Category("Rtx")]
    [TestCase("ch_ppocr_mobile_v2.0_cls_infer.onnx", "min=1x3x48x192,opt=4x3x48x192,max=8x3x48x192")]
    [TestCase("ch_PP-OCRv4_det_infer.onnx", "min=1x3x64x64,opt=1x3x320x320,max=2x3x640x640")]
    [TestCase("ch_PP-OCRv4_rec_infer.onnx", "min=1x3x48x192,opt=4x3x48x320,max=8x3x48x640")]
    public void In_FP16_they_compile_for_a_T4(string file, string profile)
    {
        string path = Path.Combine(ModelsFolder(), file);
        using var folder = new TemporaryFolder();
        Fp16Report report = Fp16Converter.Convert(path, folder["half.onnx"]);
        string input = EngineBuilder.DescribeModel(path).Inputs.Single().Name;

        using Plan plan = EngineBuilder.Build(
            folder["half.onnx"], new EngineBuildOptions { Profiles = [OptimizationProfile.Parse($"{input}:{profile}")], Targets = GpuTarget.Parse("t4") });

        Assert.That(report.Casts, Is.EqualTo(2));
        Assert.That(plan.SizeBytes, Is.GreaterThan(report.Bytes));
    }

    [Test]
    public async Task A_pool_serves_the_recognizer_to_concurrent_callers()
    {
        string path = Path.Combine(ModelsFolder(), "ch_PP-OCRv4_rec_infer.onnx");
        using Plan plan = EngineBuilder.Build(path, new EngineBuildOptions
        {
            Profiles = [OptimizationProfile.Parse("x:min=1x3x48x192,opt=1x3x48x192,max=2x3x48x320")],
            ProfileCopies = 4,
        });
        using var engine = Engine.Load(plan);
        using SessionPool pool = engine.CreatePool(2);
        string output = engine.Outputs.Single().Name;

        async Task<float[]> Recognize(float value)
        {
            using SessionLease lease = await pool.RentAsync().ConfigureAwait(false);
            lease.Session.SetShape("x", [1, 3, 48, 192]);
            lease.Session.Input<float>("x").Fill(value);
            await lease.Session.RunAsync().ConfigureAwait(false);
            return lease.Session.Output<float>(output).ToArray();
        }

        float[][] alone = [await Recognize(0.25f), await Recognize(0.5f), await Recognize(0.75f)];
        float[][] together = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Recognize(0.25f * (1 + (i % 3))))).Guard();

        for (int i = 0; i < together.Length; i++)
        {
            Assert.That(LargestDifference(together[i], alone[i % 3]), Is.LessThanOrEqualTo(Tolerance));
        }

        Assert.That(LargestDifference(alone[0], alone[2]), Is.GreaterThan(Tolerance));
    }

    private static double LargestDifference(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length));
        double largest = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            // Not Math.Max alone: NaN must not pass.
            double difference = Math.Abs(actual[i] - expected[i]);
            largest = difference <= largest ? largest : difference;
        }

        return largest;
    }

    private static string ModelsFolder() => Environment.GetEnvironmentVariable(ModelsVariable) is { Length: > 0 } folder
        ? folder
        : Skip($"needs the PaddleOCR models: {ModelsVariable} names their folder, as build.sh test sets it");

    private static string Skip(string reason)
    {
        Assert.Ignore(reason);
        return "";
    }
}
