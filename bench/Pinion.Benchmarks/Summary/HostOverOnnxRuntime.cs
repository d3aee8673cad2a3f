using System.Diagnostics;
using System.Globalization;

namespace Pinion.Benchmarks;

/// <summary>A real model through the host SDK and through ONNX Runtime alone, in one process, with the same library.</summary>
/// <param name="Comparison">Session.Run over OrtApi.Run from C++.</param>
/// <param name="Threads">What both ask of ONNX Runtime; 0 leaves the number to it.</param>
/// <param name="OnnxRuntime">Its version.</param>
/// <param name="LargestDifference">Between the outputs of both, for the same input.</param>
internal sealed record HostOverOnnxRuntimeResult(Comparison Comparison, int Threads, string OnnxRuntime, double LargestDifference);

/// <summary>The rec model of PaddleOCR at 1x3x48x320.</summary>
internal static class HostOverOnnxRuntime
{
    private const string Model = "ch_PP-OCRv4_rec_infer.onnx";
    private const int Blocks = 24;
    private const int CallsPerBlock = 12;
    private const int WarmUp = 4;
    private static readonly TensorShape Shape = [1, 3, 48, 320];

    public static HostOverOnnxRuntimeResult Measure(Twin twin)
    {
        RuntimeInfo runtime = PinionRuntime.Info;
        string library = runtime.OnnxRuntimePath
            ?? throw new InvalidOperationException($"the SDK {runtime.Sdk} has no ONNX Runtime: {runtime.OnnxRuntimeError}");
        string model = Path.Combine(Settings.Require("PINION_TEST_MODELS"), Model);
        int threads = int.TryParse(Environment.GetEnvironmentVariable("PINION_HOST_THREADS"), CultureInfo.InvariantCulture, out int wanted) ? wanted : 0;

        string inputName = EngineBuilder.DescribeModel(model).Inputs.Single().Name;
        var options = new EngineBuildOptions { Profiles = [new OptimizationProfile().Add(inputName, Shape, Shape, Shape)] };
        using Plan plan = EngineBuilder.Build(model, options);
        using var engine = Engine.Load(plan);
        using Session session = engine.CreateSession();
        session.SetShape(inputName, Shape);
        FillRandom(session.Input<float>(inputName));
        session.Run();
        string outputName = engine.Outputs.Single().Name;

        using var input = new PinnedBuffer<float>((int)Shape.ElementCount);
        session.Input<float>(inputName).CopyTo(input.Span);
        using var output = new PinnedBuffer<float>(session.Output<float>(outputName).Length);
        using Twin.OnnxRuntimeAlone alone = twin.OpenOnnxRuntime(library, model, threads, Shape, input, output);
        alone.Run(new long[1]);
        double difference = LargestDifference(session.Output<float>(outputName), output.Span);
        if (!(difference <= 1e-5))
        {
            throw new InvalidOperationException($"the host SDK and ONNX Runtime differ by {difference}: they do not compute the same");
        }

        var comparison = Comparison.Run(n => Run(session, n), alone.Run, Blocks, CallsPerBlock, WarmUp);
        return new HostOverOnnxRuntimeResult(comparison, threads, runtime.OnnxRuntimeVersion ?? "", difference);
    }

    private static void Run(Session session, Span<long> nanoseconds)
    {
        for (int i = 0; i < nanoseconds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            session.Run();
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
