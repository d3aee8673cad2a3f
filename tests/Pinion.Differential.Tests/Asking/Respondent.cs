using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;

namespace Pinion.Differential.Tests;

/// <summary>Answers for the SDK of its process: a line with a model's path comes in, a line with the answer goes out.</summary>
internal static class Respondent
{
    /// <summary>Native libraries print as they like; these lines are ours.</summary>
    public const string Mark = "answer ";

    private const long Smallest = 4;
    private const long Largest = 8;

    public static void Run()
    {
        PinionRuntime.SetLog((_, _) => { });
        using var paths = new BlockingCollection<string>();
        var reader = new Thread(() =>
        {
            while (Console.ReadLine() is { } path)
            {
                paths.Add(path);
            }

            // Who asked is gone, and a model may be answered never.
            using var self = Process.GetCurrentProcess();
            self.Kill();
        })
        { IsBackground = true };
        reader.Start();
        foreach (string path in paths.GetConsumingEnumerable())
        {
            Console.WriteLine($"{Mark}{Ask(path).ToJson()}");
        }
    }

    private static Answer Ask(string path)
    {
        ModelDescription model;
        try
        {
            model = EngineBuilder.DescribeModel(path);
        }
        catch (PinionException e)
        {
            return Answer.Without(Verdict.Parse, Told(e, path));
        }

        var answer = new Answer(Verdict.Accepted, "", [.. model.Inputs.Select(Text)], [.. model.Outputs.Select(Text)]);
        try
        {
            EngineBuilder.Build(path, new EngineBuildOptions { Profiles = ProfileOf(path, model), Targets = GpuTarget.Parse("sm80") }).Dispose();
            return answer;
        }
        catch (PinionException e)
        {
            return answer with { Verdict = Verdict.Build, Message = Told(e, path) };
        }
    }

    private static string Told(PinionException e, string path) => $"{e.Status}: {e.Message} | {e.TensorRtLog}".ReplaceLineEndings(" ").Replace(path, "model.onnx", StringComparison.Ordinal);

    private static string Text(TensorInfo tensor) => $"{tensor.Name} {tensor.DataType} {tensor.Shape}{(tensor.IsShapeTensor ? " shape" : "")}";

    /// <summary>A range for each open dimension, as its name says or a common one.</summary>
    private static OptimizationProfile[] ProfileOf(string path, ModelDescription description)
    {
        TensorInfo[] open = [.. description.Inputs.Where(i => i.Shape.IsDynamic)];
        if (open.Length == 0)
        {
            return [];
        }

        Dictionary<string, TensorShapeProto> declared = Declared(path);
        var profile = new OptimizationProfile();
        foreach (TensorInfo input in open)
        {
            (long Smallest, long Largest)[] ranges = [.. Enumerable.Range(0, input.Shape.Rank).Select(i =>
                input.Shape[i] >= 0 ? (input.Shape[i], input.Shape[i])
                : declared.TryGetValue(input.Name, out TensorShapeProto? shape) && shape.Dim.Count == input.Shape.Rank && Axis.RangeOf(shape.Dim[i].DimParam) is { } range ? range
                : (Smallest, Largest))];
            var smallest = new TensorShape([.. ranges.Select(r => r.Smallest)]);
            profile.Add(input.Name, smallest, smallest, new TensorShape([.. ranges.Select(r => r.Largest)]));
        }

        return [profile];
    }

    private static Dictionary<string, TensorShapeProto> Declared(string path)
    {
        try
        {
            ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
            return model.Graph.Input.Where(i => i.Type?.TensorType?.Shape is not null).DistinctBy(i => i.Name).ToDictionary(i => i.Name, i => i.Type.TensorType.Shape);
        }
        catch (InvalidProtocolBufferException)
        {
            return [];
        }
    }
}
