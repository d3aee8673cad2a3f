using System.Globalization;
using Pinion.Fp16;

namespace Pinion.Benchmarks;

/// <summary>What FP16 does to models, and what a guard takes to say so, as rows of a Markdown table; a row is printed as soon as it is known.</summary>
internal static class GuardTable
{
    /// <summary>Guards each model on seeded inputs.</summary>
    /// <param name="models">ONNX files; dynamic dimensions but a leading batch are given by <paramref name="shapes"/>.</param>
    /// <param name="count">Inputs of each.</param>
    /// <param name="shapes">Shapes of inputs by name.</param>
    public static void Print(IEnumerable<string> models, int count, IReadOnlyDictionary<string, TensorShape> shapes)
    {
        PinionRuntime.SetLog((_, _) => { });
        Console.WriteLine($"{count} seeded inputs, SDK {PinionRuntime.Info.Sdk.GetName()}");
        Console.WriteLine("| model | relative error | cosine | top-1 | weights alone | kept | limit held | guard over plain runs | s |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pinion-bench-");
        try
        {
            foreach (string model in models)
            {
                IReadOnlyList<TensorInfo> inputs = EngineBuilder.DescribeModel(model).Inputs;
                var given = shapes.Where(s => inputs.Any(i => i.Name == s.Key && i.Shape.Rank == s.Value.Rank)).ToDictionary(s => s.Key, s => s.Value);
                GuardReport report = Fp16Guard.Run(model, Path.Combine(folder.FullName, "half.onnx"), GuardSamples.Seeded(count, inputs, given));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {Path.GetFileNameWithoutExtension(model)} | {report.Plain.RelativeError:G3} | {report.Plain.Cosine:F6} | {report.Plain.Top1Agreement:P1} | {report.RoundedWeights.RelativeError:G3} | "
                    + $"{report.Kept.Count} | {(report.IsWithinLimits ? "yes" : "no")} | {report.Seconds / report.PlainSeconds:F2} | {report.Seconds:F0} |"));
                foreach ((string node, string reason) in report.Kept)
                {
                    Console.WriteLine($"|   {node}: {reason} |");
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
