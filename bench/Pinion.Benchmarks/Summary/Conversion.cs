using System.Diagnostics;
using Google.Protobuf;
using Pinion.Onnx;

namespace Pinion.Benchmarks;

/// <summary>Memory of a process that converts a model to FP16.</summary>
/// <param name="Ratio">Growth of the peak beyond that of a model of one node, over the largest tensor and the graph without weights.</param>
/// <param name="GrowthBytes">That growth.</param>
/// <param name="LargestTensorBytes">In FP32.</param>
/// <param name="GraphBytes">The model without its weights.</param>
internal sealed record ConversionMemory(double Ratio, long GrowthBytes, long LargestTensorBytes, long GraphBytes);

/// <summary>A conversion to FP16 beside reading and writing the model through the protobuf library.</summary>
/// <param name="Time">The conversion is the subject.</param>
/// <param name="ModelBytes">Size of the model.</param>
/// <param name="Memory">Of a process of its own.</param>
internal sealed record ConversionResult(Comparison Time, long ModelBytes, ConversionMemory Memory);

/// <summary>A model of 300 MB: convolutions with random weights.</summary>
internal static class Conversion
{
    private const long WeightBytes = 300_000_000;
    private const int Blocks = 6;
    private const int Width = 256;

    public static ConversionResult Measure(string folder)
    {
        string model = Path.Combine(folder, "convolutions.onnx");
        string output = Path.Combine(folder, "converted.onnx");
        try
        {
            BenchmarkModels.SaveConvolutions(model, WeightBytes);
            var time = Comparison.Run(
                Block(() => Fp16Converter.Convert(model, output)),
                Block(() => Copy(model, output)),
                Blocks, callsPerBlock: 1, warmUp: 1);
            return new ConversionResult(time, new FileInfo(model).Length, ChildProcess.Run<ConversionMemory>(["child-convert", model]));
        }
        finally
        {
            File.Delete(model);
            File.Delete(output);
        }
    }

    /// <summary>In the child process.</summary>
    public static ConversionMemory MeasureHere(string model)
    {
        string folder = Path.GetDirectoryName(model)!;
        string small = Path.Combine(folder, "small.onnx");
        string output = Path.Combine(folder, "small-converted.onnx");
        try
        {
            // Its weight is read and written as the large ones are, so that the code for it is there.
            new OnnxModel().Input("x", OnnxType.Float32, 1, Width).Output("y", OnnxType.Float32, 1, Width)
                .Constant("w", [Width, Width], new float[Width * Width]).Node("MatMul", ["x", "w"], ["y"]).Save(small);
            Fp16Converter.Convert(small, output);
            long ofSmall = PeakOf(small, output);
            long growth = PeakOf(model, output) - ofSmall;
            ModelProto skeleton = OnnxSkeleton.Read(model);
            long largest = skeleton.Graph.Initializer.Max(t => t.Dims.Aggregate(1L, (product, d) => product * d)) * sizeof(float);
            return new ConversionMemory(growth / (double)(largest + skeleton.CalculateSize()), growth, largest, skeleton.CalculateSize());
        }
        finally
        {
            File.Delete(small);
            File.Delete(output);
        }
    }

    private static long PeakOf(string model, string output)
    {
        ProcessMemory.ResetPeak();
        Fp16Converter.Convert(model, output);
        return ProcessMemory.Peak();
    }

    private static Comparison.Block Block(Action work) => nanoseconds =>
    {
        for (int i = 0; i < nanoseconds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            nanoseconds[i] = Clock.ToNanoseconds(Stopwatch.GetTimestamp() - start);
        }
    };

    /// <summary>The least that a tool does which holds the model in memory. It is flushed to the disk as the conversion's output is.</summary>
    private static void Copy(string model, string output)
    {
        ModelProto read;
        using (FileStream source = File.OpenRead(model))
        {
            read = ModelProto.Parser.ParseFrom(source);
        }

        using FileStream target = File.Create(output);
        read.WriteTo(target);
        target.Flush(flushToDisk: true);
    }
}
