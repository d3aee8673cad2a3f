using System.CommandLine;
using System.Globalization;

namespace Pinion.Cli;

/// <summary><c>pinion suite</c>: models over precisions and batches, beside the published tables.</summary>
internal static class SuiteCommand
{
    private static readonly Dictionary<string, SuiteMethod> Methods = new(StringComparer.OrdinalIgnoreCase)
    {
        ["trtexec"] = SuiteMethod.TrtExec,
        ["paddleclas"] = SuiteMethod.PaddleClas,
    };

    private static readonly Dictionary<string, Precision> Precisions = new(StringComparer.OrdinalIgnoreCase)
    {
        [Precision.Fp32.GetName()] = Precision.Fp32,
        [Precision.Fp16.GetName()] = Precision.Fp16,
    };

    public static Command Create()
    {
        var models = new Option<string[]>("--models") { Description = "zoo:PATTERN with * and ?, or .onnx files; several with commas or spaces between them (default: zoo:*).", HelpName = "PATTERN|FILE.onnx[,...]", AllowMultipleArgumentsPerToken = true };
        var batch = new Option<string>("--batch") { Description = "Batch sizes (default: 1,4,8; with --quick 1).", HelpName = "N[,N...]" };
        var precision = new Option<string>("--precision") { Description = "fp32, fp16 or both (default: fp32,fp16; with --quick fp32).", HelpName = "P[,P]" };
        var protocol = new Option<string>("--protocol") { Description = "trtexec: 200 ms of warm-up, then 3 s. paddleclas: 2,100 runs without the first 100, an engine per batch (default: trtexec).", HelpName = "trtexec|paddleclas" };
        var compare = new Option<string>("--compare") { Description = "What to compare with: v100, t4, or the folder of another run (default: the nearest published figure).", HelpName = "v100|t4|RUN" };
        var shapes = new Option<string[]>("--shapes") { Description = "Shapes of inputs whose dimensions beside the batch are dynamic, x:1x3x48x320; MODEL.onnx=x:1x3x48x320 for one model.", HelpName = "SHAPES" };
        var quick = new Option<bool?>("--quick") { Description = "Half a second a mode instead of 3; batch 1 and FP32 unless given.", Arity = ArgumentArity.Zero };
        var resume = new Option<bool>("--resume") { Description = "Continue the run in the folder; what it has is not measured again. Its settings hold; --compare and --cell-limit may be others." };
        var retry = new Option<bool>("--retry") { Description = "With --resume: measure cells again that failed, crashed or timed out." };
        var limit = new Option<double?>("--cell-limit") { Description = "Seconds that a cell may take with its engine's build (default: 1800, with --quick 300, with paddleclas 14400).", HelpName = "S" };
        var processes = new Option<int?>("--processes") { Description = "Processes that measure a cell, so that suite diff knows how much they differ (default: 7; with fewer than 4 it cannot tell).", HelpName = "N" };
        var seed = new Option<ulong?>("--seed") { Description = "Seed of inputs and of the zoo's weights (default: 0).", HelpName = "N" };
        var deleteEngines = new Option<bool>("--delete-engines") { Description = "Delete a model's engines when its cells are done, to save disk." };
        var output = new Option<string>("--output", "-o") { Description = "The folder for results.json and everything beside it.", HelpName = "DIR" };
        var command = new Command("suite", "Measure many models, precisions and batches, and report them beside the published tables.");
        foreach (Option option in (ReadOnlySpan<Option>)[models, batch, precision, protocol, compare, shapes, quick, resume, retry, limit, processes, seed, deleteEngines, output])
        {
            command.Add(option);
        }

        command.Add(DiffCommand.Create());
        command.Add(ReportCommand.Create());
        command.Complete(
            [
                "pinion suite --quick -o out",
                "pinion suite --models 'zoo:Res2Net*' --batch 1,4,8 --precision fp32 --compare v100 -o res2net",
                "pinion suite --models zoo:DPN68,zoo:DPN92 -o dpn",
                "pinion suite --models rec.onnx --shapes x:1x3x48x320 --batch 1,8 -o rec",
                "pinion suite --resume -o out",
                "pinion suite diff old new --fail-over 5%",
            ],
            (result, context) => Run(context, new SuiteOptions(result.GetValue(output) ?? throw new UsageException("-o DIR is missing: the folder for the results."))
            {
                Source = new ZooModels(),
                Worker = WorkerCommand.OfThisProgram(WorkerCommand.Name),
                Models = result.GetValue(models) is { Length: > 0 } patterns ? [.. patterns.SelectMany(Split)] : null,
                Batches = result.GetValue(batch) is { } batches ? RunOptionSet.ParseBatches(batches) : null,
                Precisions = result.GetValue(precision) is { } precisions ? ParsePrecisions(precisions) : null,
                Protocol = result.GetValue(protocol) is { } name ? Choose("--protocol", name, Methods) : null,
                Compare = result.GetValue(compare),
                Shapes = result.GetValue(shapes) is { Length: > 0 } given ? given : null,
                Quick = result.GetResult(quick) is { Implicit: false } ? true : null,
                Resume = result.GetValue(resume),
                Retry = result.GetValue(retry),
                Processes = result.GetValue(processes),
                CellLimit = result.GetValue(limit) is { } seconds ? Seconds(seconds) : null,
                Seed = result.GetValue(seed),
                DeleteEngines = result.GetValue(deleteEngines),
            }));
        return command;
    }

    private static int Run(CommandContext context, SuiteOptions options)
    {
        var suite = new Suite(options);
        if (options.Resume || !File.Exists(Path.Combine(options.Folder, SuiteResults.FileName)))
        {
            Announce(context.Terminal, suite.Estimate(), options.Folder);
        }

        using ISuiteDisplay display = SuiteDisplay.Create(context.Terminal);
        // A child that is ended, and reports that a slow disk takes.
        context.Interrupt.Patience = TimeSpan.FromSeconds(60);
        SuiteResults results;
        try
        {
            results = suite.Run(display, context.Token);
        }
        catch (OperationCanceledException) when (File.Exists(Path.Combine(options.Folder, SuiteResults.FileName)))
        {
            display.Dispose();
            var stopped = SuiteResults.Load(options.Folder);
            context.Terminal.Note(Text($"{stopped.Cells.Count} of {Counted.Of(stopped.PlannedCells, "cell")} measured, in {options.Folder}; pinion suite --resume -o {options.Folder} continues."));
            throw;
        }

        display.Dispose();
        return Conclude(context.Terminal, results, options.Folder);
    }

    /// <summary>A file's name may have a comma in it.</summary>
    private static IEnumerable<string> Split(string models) => File.Exists(models) ? [models] : models.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>What it will take, and what that is reckoned from.</summary>
    private static void Announce(Terminal terminal, SuiteEstimate e, string folder)
    {
        if (e.Cells == 0)
        {
            return;
        }

        string time = e switch
        {
            { Time: { } left, Basis: > 0 } => Text($"about {SuiteDisplay.Time(left)} ({Counted.Of(e.Basis, "cell")} so far took {left.TotalSeconds / e.Cells:F1} s each)"),
            { Time: { } least } => Text($"{SuiteDisplay.Time(least)} of measuring at least ({e.Modes} modes, {least.TotalSeconds / e.Cells:F1} s a cell), and the builds"),
            _ => Text($"as long as the protocol's runs take in {e.Modes} modes a cell, and the builds"),
        };
        string? known = Path.GetFullPath(folder);
        while (known is not null && !Directory.Exists(known))
        {
            known = Path.GetDirectoryName(known);
        }

        long free = known is null ? long.MaxValue : new DriveInfo(known).AvailableFreeSpace;
        terminal.Note(Text($"{Counted.Of(e.Cells, "cell")} to measure, {Counted.Of(e.Engines, "engine")} to build: {time}; {Megabytes(e.DiskBytes)} of disk (each engine as large as its weights in FP32, and one exported model), and the samples"));
        if (DiskWarning(e, folder, free) is { } warning)
        {
            terminal.Warn(warning);
        }
    }

    internal static string? DiskWarning(SuiteEstimate e, string folder, long freeBytes) => e.DiskBytes <= freeBytes ? null
        : Text($"{folder} is on a disk with {Megabytes(freeBytes)} free. --delete-engines keeps the engines of one model at a time.");

    private static string Megabytes(long bytes) => Text($"{(bytes + 999_999) / 1_000_000:N0} MB");

    private static int Conclude(Terminal terminal, SuiteResults results, string output)
    {
        int failed = results.Cells.Count(c => c.Status != CellStatus.Measured);
        terminal.Say(Text($"{Counted.Of(results.Cells.Count, "cell")}, {(failed == 0 ? "all measured" : $"{failed} without figures")}: {Path.Combine(output, SuiteReport.HtmlName)} ({SuiteReport.MarkdownName} and {SuiteReport.CsvName} beside it)"));
        if (terminal.Json)
        {
            JsonOutput.Print(results.ToJson());
        }

        return failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static Precision[] ParsePrecisions(string text)
    {
        Precision[] precisions = [.. text.Split(',').Select(p => Choose("--precision", p.Trim(), Precisions))];
        return precisions.Distinct().Count() == precisions.Length ? precisions : throw new UsageException($"--precision {text} has one twice.");
    }

    private static T Choose<T>(string option, string text, Dictionary<string, T> known) =>
        known.TryGetValue(text, out T? value) ? value : throw new UsageException($"{option} '{text}' is not known. {NearestName.Hint(text, known.Keys)}");

    /// <summary>What does not fit a time span is out of the suite's range as well.</summary>
    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(double.IsNaN(seconds) ? -1 : Math.Clamp(seconds, -1, 1e9));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
