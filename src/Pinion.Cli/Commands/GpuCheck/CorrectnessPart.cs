using System.Diagnostics;
using System.Text.Json;

namespace Pinion.Cli;

/// <summary>
/// Outputs of a model against those of a CPU, which <c>pinion run --json --output-dir</c> left in a folder of the archive: by a CUDA graph and by a
/// plain enqueue.
/// </summary>
internal static class CorrectnessPart
{
    public const string DocumentName = "run.json";

    /// <summary>Of the largest value of the reference. The order of additions alone makes a hundredth of it.</summary>
    private const double Allowed = 1e-3;

    /// <summary>The cases of an archive, in the order of their names; empty where none came along.</summary>
    public static IReadOnlyList<string> Cases(GpuCheckSettings settings) => !Directory.Exists(settings.References) ? []
        : [.. Directory.GetDirectories(settings.References).Where(d => File.Exists(Path.Combine(d, DocumentName))).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    public static GpuCheckAnswer Run(GpuCheckSettings settings, string name, CommandContext context)
    {
        string folder = Path.Combine(settings.References, name);
        RunDocument reference = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, DocumentName)), JsonForms.Default.RunDocument)
            ?? throw new WorkException($"{folder} has no {DocumentName} of pinion run --json.");
        string path = ModelFile.IsZoo(reference.Path) ? reference.Path : Path.Combine(settings.Models, Path.GetFileName(reference.Path));
        using var model = ModelFile.Open(path, context.Terminal.Note, context.Token);
        IReadOnlyList<TensorInfo> inputs = model.Use(EngineBuilder.DescribeModel).Inputs;
        var request = new ShapeRequest([.. reference.Inputs.Select(i => ((string?)i.Name, i.Shape))], []);
        long start = Stopwatch.GetTimestamp();
        using Plan plan = model.Use(file => EngineBuilder.Build(
            file, new EngineBuildOptions { Profiles = ShapeRequest.DeriveProfile(inputs, request.ForModel(inputs)) is { } profile ? [profile] : [] }));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        using var engine = Engine.Load(plan);
        string text = $"{reference.Sdk.GetName()}, TensorRT {reference.Tensorrt}";
        (bool usesGraph, SuiteAccuracy graph) = Compare(engine, request, reference.Seed, folder, text, graph: true);
        (_, SuiteAccuracy plain) = Compare(engine, request, reference.Seed, folder, text, graph: false);
        double limit = Allowed * reference.Outputs.Max(o => Math.Max(Math.Abs(o.Min ?? 0), Math.Abs(o.Max ?? 0)));
        string[] failures = [.. Problems("the graph", graph, limit), .. Problems("the plain enqueue", plain, limit), .. usesGraph ? [] : new[] { "no CUDA graph could be captured" }];
        var result = new CheckedModel(
            name, reference.Inputs.ToDictionary(i => i.Name, i => i.Shape), text, seconds, usesGraph, limit, failures.Length == 0, graph, plain);
        return new GpuCheckAnswer { Correctness = [result], Failures = [.. failures.Select(f => $"{name}: {f}.")] };
    }

    private static (bool UsesGraph, SuiteAccuracy Accuracy) Compare(Engine engine, ShapeRequest request, ulong seed, string folder, string text, bool graph)
    {
        using var bench = new EngineBench(engine, new EngineBenchOptions
        {
            Session = new SessionOptions { UseGraph = graph },
            Measure = new MeasureOptions { Seed = seed },
        });
        bench.Prepare(request.ForEngine(engine.Inputs, engine.Profiles)[0]);
        bench.Session.Run();
        return (bench.Session.UsesGraph, OutputComparison.Compare(engine, bench.Session, folder, text));
    }

    internal static IEnumerable<string> Problems(string way, SuiteAccuracy accuracy, double limit)
    {
        if (accuracy.Elements == 0)
        {
            yield return $"{way} gave no values that could be compared";
        }

        if (accuracy.NaN + accuracy.Infinite > 0)
        {
            yield return FormattableString.Invariant($"{way} gave {accuracy.NaN + accuracy.Infinite} of {accuracy.Elements} values that are not finite");
        }

        if (accuracy.MaxAbs > limit)
        {
            yield return FormattableString.Invariant($"{way} gave outputs that differ by up to {accuracy.MaxAbs:G4}; {limit:G4} is allowed");
        }
    }
}
