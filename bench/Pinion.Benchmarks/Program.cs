using System.Text.Json;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using Pinion.Benchmarks;

return args switch
{
    ["summary", .. string[] rest] => Summarize(rest),
    ["micro", .. string[] rest] => Micro(rest),
    ["guard", string count, string shapes, .. string[] models] => Guard(count, shapes, models),
    ["child-overlap", string copyInMs, string computeMs] => Answer(Overlap.MeasureHere(copyInMs, computeMs)),
    ["child-isolated-builds"] => Answer(IsolatedBuilds.MeasureHere()),
    ["child-convert", string model] => Answer(Conversion.MeasureHere(model)),
    ["child-load-plan", string plan] => Answer(PlanLoad.MeasureHere(plan)),
    ["child-batcher-idle", string plan] => Answer(BatcherIdle.MeasureHere(plan).GetAwaiter().GetResult()),
    ["child-batcher-load", string plan] => Answer(BatcherLoad.MeasureHere(plan).GetAwaiter().GetResult()),
    ["serve-load-plan", string plan] => Batcher.BuildPlan(plan),
    ["child-server-added", string folder] => Answer(ServerAdded.MeasureHere(folder)),
    _ => Usage(),
};

static int Summarize(string[] args)
{
    string output = "artifacts/bench";
    string? suite = null;
    var only = new List<string>();
    for (int i = 0; i < args.Length; i += 2)
    {
        if (i + 1 == args.Length)
        {
            return Usage();
        }

        switch (args[i])
        {
            case "--output":
                output = args[i + 1];
                break;
            case "--suite":
                suite = args[i + 1];
                break;
            case "--only":
                only.AddRange(args[i + 1].Split(','));
                break;
            default:
                return Usage();
        }
    }

    SummaryCommand.Run(Path.GetFullPath(output), only, suite);
    return 0;
}

static int Micro(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(MicroConfig).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, new MicroConfig(ConsoleLogger.Default));
    return 0;
}

static int Guard(string count, string shapes, string[] models)
{
    GuardTable.Print(models, int.Parse(count, System.Globalization.CultureInfo.InvariantCulture),
        shapes.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split(':')).ToDictionary(s => s[0], s => Pinion.TensorShape.Parse(s[1])));
    return 0;
}

static int Answer<T>(T result)
{
    Console.WriteLine(JsonSerializer.Serialize(result, SummaryJson.Options));
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("""
        summary [--output DIR] [--only FIGURE,...] [--suite DIR]   everything, with a suite's run; writes DIR/summary.json
        micro [--filter PATTERN] [...]                             BenchmarkDotNet; its own options work too
        guard COUNT SHAPES MODEL.onnx...                           what FP16 does to models on COUNT seeded inputs of SHAPES (x:1x3x48x320), and the guard's time
        """);
    return 2;
}
