using System.CommandLine;
using System.Globalization;

namespace Pinion.Cli;

/// <summary><c>pinion bench</c>: latency and throughput in trtexec's terms, and wall time as C# sees it.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("PLAN|MODEL") { Description = "A plan, or an ONNX model (.onnx or zoo:NAME), which is built in memory first." };
        var warmUp = new Option<double>("--warm-up") { Description = "Milliseconds to run before counting.", HelpName = "MS", DefaultValueFactory = _ => 200 };
        var duration = new Option<double>("--duration") { Description = "Seconds to count, at least.", HelpName = "S", DefaultValueFactory = _ => 3 };
        var iterations = new Option<int>("--iterations") { Description = "Runs to count, at least.", HelpName = "N", DefaultValueFactory = _ => 10 };
        var streams = new Option<int>("--streams") { Description = "Inferences in flight at once, each with its own stream and buffers; 1 to 64.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var noGraph = new Option<bool>("--no-graph") { Description = "Enqueue plainly instead of launching a CUDA graph." };
        var spin = new Option<bool>("--spin") { Description = "Wait by polling: least latency, one core busy (default: --block)." };
        var block = new Option<bool>("--block") { Description = "Wait asleep: least CPU. This is the default." };
        var noTransfers = new Option<bool>("--no-transfers") { Description = "Leave inputs and outputs on the device: measures compute alone." };
        var exportTimes = new Option<string>("--export-times") { Description = "Write every counted sample as JSON.", HelpName = "FILE" };
        var shapes = new RunOptionSet("Batch sizes, 1,4,8: the first dimension of every input where it is dynamic; measured one after the other.");
        var build = new BuildOptionSet();
        var command = new Command("bench", "Measure a plan or a model.") { path };
        shapes.AddTo(command);
        foreach (Option option in (ReadOnlySpan<Option>)[warmUp, duration, iterations, streams, noGraph, spin, block, noTransfers, exportTimes])
        {
            command.Add(option);
        }

        build.AddTo(command, all: false);
        command.Complete(
            [
                "pinion bench model.plan --batch 1,4,8",
                "pinion bench model.onnx --fp16 --shapes x:1x3x48x320 --batch 1,8",
                "pinion bench zoo:DPN68 --batch 1,4,8",
                "pinion bench model.plan --streams 2 --spin --duration 10",
                "pinion bench model.plan --json --export-times times.json",
            ],
            (result, context) =>
            {
                if (result.GetValue(spin) && result.GetValue(block))
                {
                    throw new UsageException("--spin and --block are two ways to wait; choose one.");
                }

                InputValues values = shapes.Values(result);
                var options = new EngineBenchOptions
                {
                    Measure = new MeasureOptions
                    {
                        WarmUpMs = OptionRange.Check(result.GetValue(warmUp), 0, 600_000, "--warm-up", " ms"),
                        DurationSeconds = OptionRange.Check(result.GetValue(duration), 0, 86_400, "--duration", " s"),
                        Iterations = (int)OptionRange.Check(result.GetValue(iterations), 1, 100_000_000, "--iterations", ""),
                        Seed = values.Seed,
                        KeepWhenCancelled = true,
                    },
                    Sessions = (int)OptionRange.Check(result.GetValue(streams), 1, 64, "--streams", ""),
                    Session = new SessionOptions
                    {
                        UseGraph = !result.GetValue(noGraph),
                        WaitMode = result.GetValue(spin) ? WaitMode.Spin : WaitMode.Block,
                        SkipTransfers = result.GetValue(noTransfers),
                    },
                };
                // Before TensorRT 8.6 every stream needs a copy of the profile; later versions share it.
                EngineBuildOptions building = build.Read(result) with { ProfileCopies = options.Sessions };
                ShapeRequest request = shapes.Shapes(result);
                context.Terminal.ShowLog();
                using var source = EngineSource.Open(
                    context, result.GetRequiredValue(path), request, values, building, build.LoadOptions(result), build.GivenForBuilding(result));
                return Run(context, source, values, options, result.GetValue(exportTimes), build.Device(result));
            });
        return command;
    }

    private static int Run(CommandContext context, EngineSource source, InputValues values, EngineBenchOptions options, string? exportTimes, int device)
    {
        var facts = RuntimeFacts.Get(device, source.Precision);
        foreach (string note in facts.Notes)
        {
            context.Terminal.Note(note);
        }
        // The file is opened first: three seconds of measuring should not end at a folder that is not there.
        using OutputFile? export = exportTimes is null ? null : OutputFile.Create(exportTimes);
        var results = new List<LatencyResult>();
        using (var bench = new EngineBench(source.Engine, options with { Inputs = (input, shape, destination) => values.Fill(input, shape, destination) }))
        {
            foreach (EngineShapes shapes in source.Variants)
            {
                context.Terminal.Note(string.Create(CultureInfo.InvariantCulture, $"measuring {shapes} for {options.Measure.DurationSeconds:0.###} s"));
                try
                {
                    results.Add(bench.Measure(shapes, context.Token));
                }
                catch (OperationCanceledException) when (results.Count > 0)
                {
                    // What was measured before is shown.
                }

                if (context.Token.IsCancellationRequested)
                {
                    break;
                }
            }
        }

        bool partial = results.Count < source.Variants.Count || results[^1].IsPartial;
        if (export is not null && !partial)
        {
            JsonOutput.WriteArray(export.Stream, Samples(results), JsonForms.Default.SampleFacts);
            export.Commit();
        }

        var report = LatencyReport.Create(source.Path, facts, source.Precision, results);
        report = report with { Results = [.. report.Results.Zip(results, WithHelp)], Partial = partial };
        if (context.Terminal.Json)
        {
            JsonOutput.Print(report.ToJson());
        }
        else
        {
            Show(context.Terminal, report, facts.Line);
        }

        if (!partial)
        {
            return ExitCode.Done;
        }

        context.Terminal.Note(Stopped(results, source.Variants.Count, exportTimes));
        return ExitCode.Interrupted;
    }

    private static string Stopped(List<LatencyResult> results, int variants, string? exportTimes)
    {
        string last = results[^1].IsPartial ? $", the last of them cut short after {Counted.Of(results[^1].Samples.Count, "run")}" : "";
        string export = exportTimes is null ? "" : $"; {exportTimes} is not written";
        return $"stopped by Ctrl-C: these are partial results, {results.Count} of {Counted.Of(variants, "measurement")}{last}{export}.";
    }

    private static IEnumerable<SampleFacts> Samples(IEnumerable<LatencyResult> results) =>
        from result in results
        from s in result.Samples
        select new SampleFacts(result.Shapes.Batch, s.LatencyMs, s.H2dMs, s.ComputeMs, s.D2hMs, s.EnqueueMs, s.WallMs);

    private static LatencyFigures WithHelp(LatencyFigures figures, LatencyResult result) =>
        figures with { Warnings = [.. result.Warnings.Select(w => OptionNames.Warning(w, result.UsesGraph, result.SessionOptions.WaitMode == WaitMode.Spin))] };

    private static void Show(Terminal terminal, LatencyReport d, string line)
    {
        terminal.Say(line);
        var table = new FactTable(keys: 1, "batch", "runs", "latency ms", "p90", "p95", "p99", "qps", "rows/s", "compute", "H2D", "D2H", "enqueue", "wall", "wall p99", "first run");
        foreach (LatencyFigures r in d.Results)
        {
            table.Row(
                $"{r.Batch}{(r.Partial ? " (partial)" : "")}", $"{r.Samples}", ReportText.Ms(r.LatencyMs.Median), ReportText.Ms(r.LatencyMs.P90), ReportText.Ms(r.LatencyMs.P95), ReportText.Ms(r.LatencyMs.P99),
                Rate(r.ThroughputQps), Rate(r.RowsPerSecond), ReportText.Ms(r.GpuComputeMs.Median), ReportText.Ms(r.H2dMs.Median), ReportText.Ms(r.D2hMs.Median), ReportText.Ms(r.EnqueueMs.Median),
                ReportText.Ms(r.WallMs.Median), ReportText.Ms(r.WallMs.P99), ReportText.Ms(r.FirstRunMs));
        }

        terminal.Show(table);
        string graph = d.Results.All(r => r.Graph) ? "CUDA graph" : d.Settings.Graph ? "plain enqueue where no graph could be captured" : "plain enqueue";
        terminal.Say($"medians in ms; qps counts runs, rows/s their rows; latency = H2D + compute + D2H on the device, wall = the call as C# sees it; {graph}, {d.Settings.Wait}ing wait, {Counted.Of(d.Settings.Streams, "stream")}{(d.Settings.Transfers ? "" : ", no transfers")}");
        foreach (LatencyFigures r in d.Results)
        {
            foreach (string warning in r.Warnings)
            {
                terminal.Say($"batch {r.Batch}: {warning}");
            }
        }
    }

    private static string Rate(double value) => value.ToString("F1", CultureInfo.InvariantCulture);
}
