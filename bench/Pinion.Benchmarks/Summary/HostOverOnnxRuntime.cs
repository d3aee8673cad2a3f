using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Pinion.Benchmarks;

/// <summary>A model through the host SDK and through ONNX Runtime's own C# API, in one process, with the same library.</summary>
/// <param name="Comparison">Session.Run over InferenceSession.Run with an input and an output that are there already.</param>
/// <param name="AddedUs">Median of the first less that of the second, in microseconds.</param>
/// <param name="LargestDifference">Between the outputs of both, for the same input.</param>
internal sealed record OverOnnxRuntime(Comparison Comparison, double AddedUs, double LargestDifference);

/// <summary>Three models: one that computes for long, one for short, one not at all.</summary>
/// <param name="Rec">PaddleOCR's rec at 1x3x48x320, some 16 ms.</param>
/// <param name="Cls">PaddleOCR's cls at 1x3x48x192, some 0.7 ms.</param>
/// <param name="Identity">16 floats.</param>
/// <param name="Threads">What both ask of ONNX Runtime.</param>
/// <param name="OnnxRuntime">Its version.</param>
internal sealed record HostOverOnnxRuntimeResult(OverOnnxRuntime Rec, OverOnnxRuntime Cls, OverOnnxRuntime Identity, int Threads, string OnnxRuntime);

/// <summary>What the host SDK takes beyond ONNX Runtime alone.</summary>
internal static class HostOverOnnxRuntime
{
    private const string Input = "x";

    public static HostOverOnnxRuntimeResult Measure()
    {
        RuntimeInfo runtime = PinionRuntime.Info;
        string library = runtime.OnnxRuntimePath
            ?? throw new InvalidOperationException($"the SDK {runtime.Sdk} has no ONNX Runtime: {runtime.OnnxRuntimeError}");
        NativeLibrary.SetDllImportResolver(typeof(InferenceSession).Assembly, (name, _, _) => name.Contains("onnxruntime", StringComparison.Ordinal) ? NativeLibrary.Load(library) : 0);
        string models = Settings.Require("PINION_TEST_MODELS");
        // 0 leaves the number to ONNX Runtime, on both sides.
        int threads = runtime.HostThreads ?? 0;
        byte[] rec = File.ReadAllBytes(Path.Combine(models, "ch_PP-OCRv4_rec_infer.onnx"));
        byte[] cls = File.ReadAllBytes(Path.Combine(models, "ch_ppocr_mobile_v2.0_cls_infer.onnx"));
        return new HostOverOnnxRuntimeResult(
            Compare(rec, [1, 3, 48, 320], threads, blocks: 24, callsPerBlock: 12, warmUp: 4),
            Compare(cls, [1, 3, 48, 192], threads, blocks: 40, callsPerBlock: 100, warmUp: 20),
            Compare(BenchmarkModels.Identity(), [BenchmarkModels.IdentityLength], threads, blocks: 100, callsPerBlock: 500, warmUp: 100),
            threads, runtime.OnnxRuntimeVersion ?? "");
    }

    private static OverOnnxRuntime Compare(byte[] model, TensorShape shape, int threads, int blocks, int callsPerBlock, int warmUp)
    {
        using Plan plan = EngineBuilder.Build(model, new EngineBuildOptions { Profiles = [new OptimizationProfile().Add(Input, shape, shape, shape)] });
        using var engine = Engine.Load(plan);
        using Session session = engine.CreateSession();
        session.SetShape(Input, shape);
        FillRandom(session.Input<float>(Input));
        session.Run();
        string outputName = engine.Outputs.Single().Name;

        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions { IntraOpNumThreads = threads };
        using var alone = new InferenceSession(model, options);
        using var runOptions = new RunOptions();
        // As for Pinion, the output is in memory that the caller owns.
        float[] output = new float[session.Output<float>(outputName).Length];
        using var input = OrtValue.CreateTensorValueFromMemory(session.Input<float>(Input).ToArray(), shape.ToArray());
        using var result = OrtValue.CreateTensorValueFromMemory(output, session.GetShape(outputName).ToArray());
        string[] inputNames = [Input];
        string[] outputNames = [outputName];
        OrtValue[] inputs = [input];
        OrtValue[] outputs = [result];
        alone.Run(runOptions, inputNames, inputs, outputNames, outputs);
        double difference = LargestDifference(session.Output<float>(outputName), output);
        if (!(difference <= 1e-5))
        {
            throw new InvalidOperationException($"the host SDK and ONNX Runtime differ by {difference}: they do not compute the same");
        }

        var comparison = Comparison.Run(
            times => Time(times, () => session.Run()), times => Time(times, () => alone.Run(runOptions, inputNames, inputs, outputNames, outputs)), blocks, callsPerBlock, warmUp);
        return new OverOnnxRuntime(comparison, comparison.SubjectMedianUs - comparison.ReferenceMedianUs, difference);
    }

    private static void Time(Span<long> nanoseconds, Action run)
    {
        for (int i = 0; i < nanoseconds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            nanoseconds[i] = Clock.ToNanoseconds(Stopwatch.GetTimestamp() - start);
        }
    }

    private static void FillRandom(Span<float> values)
    {
        var random = new Random(1);
        foreach (ref float value in values)
        {
            value = (2 * random.NextSingle()) - 1;
        }
    }

    private static double LargestDifference(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        double largest = 0;
        for (int i = 0; i < one.Length; i++)
        {
            largest = double.MaxMagnitude(largest, Math.Abs(one[i] - other[i]));
        }

        return largest;
    }
}
