using System.CommandLine;
using System.Globalization;
using Pinion.Cli.Commands;
using Pinion.Cli.Suite.Diff;
using Pinion.Cli.Suite.Models;
using Pinion.Cli.Suite.Report;
using Pinion.Cli.Suite.Run;

namespace Pinion.Cli.Suite;

/// <summary><c>pinion suite</c>: models over precisions and batches, beside the published tables.</summary>
internal static class SuiteCommand
{
    public static Command Create()
    {
        var models = new Option<string[]>("--models") { Description = "zoo:PATTERN with * and ?, or .onnx files; several (default: zoo:*).", HelpName = "PATTERN|FILE.onnx", AllowMultipleArgumentsPerToken = true };
        var batch = new Option<string>("--batch") { Description = "Batch sizes (default: 1,4,8; with --quick 1).", HelpName = "N[,N...]" };
        var precision = new Option<string>("--precision") { Description = "fp32, fp16 or both (default: fp32,fp16; with --quick fp32).", HelpName = "P[,P]" };
        var protocol = new Option<string>("--protocol") { Description = "trtexec: 200 ms of warm-up, then 3 s. paddleclas: 2,100 runs without the first 100, an engine per batch (default: trtexec).", HelpName = "trtexec|paddleclas" };
        var compare = new Option<string>("--compare") { Description = "What to compare with: v100, t4, or the folder of another run (default: the nearest published figure).", HelpName = "v100|t4|RUN" };
        var shapes = new Option<string[]>("--shapes") { Description = "Shapes of inputs whose dimensions beside the batch are dynamic, x:1x3x48x320; MODEL.onnx=x:1x3x48x320 for one model.", HelpName = "SHAPES" };
        var quick = new Option<bool?>("--quick") { Description = "Half a second a mode instead of 3; batch 1 and FP32 unless given.", Arity = ArgumentArity.Zero };
        var resume = new Option<bool>("--resume") { Description = "Continue the run in the folder; what it has is not measured again. Its settings hold." };
        var retry = new Option<bool>("--retry") { Description = "With --resume: measure cells again that failed, crashed or timed out." };
        var limit = new Option<double?>("--cell-limit") { Description = "Seconds that a cell may take with its engine's build (default: 1800, with --quick 300, with paddleclas 14400).", HelpName = "S" };
        var seed = new Option<ulong?>("--seed") { Description = "Seed of inputs and of the zoo's weights (default: 0).", HelpName = "N" };
        var deleteEngines = new Option<bool>("--delete-engines") { Description = "Delete a model's engines when its cells are done, to save disk." };
        var output = new Option<string>("--output", "-o") { Description = "The folder for results.json and everything beside it.", HelpName = "DIR" };
        var command = new Command("suite", "Measure many models, precisions and batches, and report them beside the published tables.");
        foreach (Option option in (ReadOnlySpan<Option>)[models, batch, precision, protocol, compare, shapes, quick, resume, retry, limit, seed, deleteEngines, output])
        {
            command.Add(option);
        }
        command.Add(DiffCommand.Create());
        command.Add(ReportCommand.Create());
        command.Complete(
            [
                "pinion suite --quick -o out",
                "pinion suite --models zoo:Res2Net* --batch 1,4,8 --precision fp32 --compare v100 -o res2net",
                "pinion suite --models rec.onnx --shapes x:1x3x48x320 --batch 1,8 -o rec",
                "pinion suite --resume -o out",
                "pinion suite diff old new --fail-over 5%",
            ],
            (result, context) => Run(context, new SuiteSettings(result.GetValue(output) ?? throw new UsageException("-o DIR is missing: the folder for the results."))
            {
                Models = result.GetValue(models) is { Length: > 0 } patterns ? patterns : null,
                Batches = result.GetValue(batch) is { } batches ? RunOptionSet.ParseBatches(batches) : null,
                Precisions = result.GetValue(precision) is { } precisions ? ParsePrecisions(precisions) : null,
                Protocol = result.GetValue(protocol) is { } name ? Choose("--protocol", name, SuiteSettings.Protocols) : null,
                Compare = result.GetValue(compare),
                Shapes = result.GetValue(shapes) is { Length: > 0 } given ? given : null,
                Quick = result.GetResult(quick) is { Implicit: false } ? true : null,
                Resume = result.GetValue(resume),
                Retry = result.GetValue(retry),
                CellLimitSeconds = result.GetValue(limit) is { } seconds ? InRange(seconds) : null,
                Seed = result.GetValue(seed),
                DeleteEngines = result.GetValue(deleteEngines),
            }));
        return command;
    }

    private static int Run(CommandContext context, SuiteSettings settings)
    {
        if (settings.Retry && !settings.Resume)
        {
            throw new UsageException("--retry goes with --resume.");
        }
        SuiteResults? resumed = settings.Resume && Directory.Exists(settings.Output) && File.Exists(Path.Combine(settings.Output, SuiteFolder.ResultsName))
            ? SuiteFolder.Read(settings.Output) : null;
        IReadOnlyList<SuiteSubject>? asked = resumed is null || settings.Models is not null ? SuiteModels.Resolve(settings.Models ?? []) : null;
        SuiteProtocol protocol = resumed is null ? settings.ToProtocol() : ResumeCheck.Protocol(resumed, settings, asked?.Select(s => s.Model.Name).ToArray());
        IReadOnlyList<SuiteSubject> subjects = asked ?? SuiteModels.Resolve([.. resumed!.Models.Select(m => m.Name)]);
        var comparison = Comparison.Parse(protocol.Compare);
        using SuiteFolder folder = SuiteFolder.Open(settings.Output, settings.Resume);
        using ISuiteDisplay display = SuiteDisplay.Create(context.Terminal);
        var runner = new SuiteRunner(folder, settings, protocol, subjects, resumed, comparison, display, context.Terminal.Verbose, context.Token);
        // A child that is ended, and reports that a slow disk takes.
        context.Interrupt.Patience = TimeSpan.FromSeconds(60);
        try
        {
            runner.Run();
        }
        catch (OperationCanceledException)
        {
            display.Dispose();
            folder.DeleteUnfinished();
            Reports.Write(runner.Results, folder.Root);
            context.Terminal.Note(Text($"{runner.Results.Cells.Count} of {SuitePlan.CellCount(runner.Results)} cells are in {settings.Output}; pinion suite --resume -o {settings.Output} continues."));
            throw;
        }
        display.Dispose();
        Reports.Write(runner.Results, folder.Root);
        return Conclude(context.Terminal, runner.Results, settings.Output);
    }

    private static int Conclude(Terminal terminal, SuiteResults results, string output)
    {
        int failed = results.Cells.Count(c => c.Status != CellStatus.Measured);
        terminal.Say(Text($"{results.Cells.Count} cell{(results.Cells.Count == 1 ? "" : "s")}, {(failed == 0 ? "all measured" : $"{failed} without figures")}: {Path.Combine(output, Reports.MarkdownName)}"));
        if (terminal.Json)
        {
            JsonOutput.Print(results, SuiteForms.Default.SuiteResults);
        }
        return failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static string[] ParsePrecisions(string text)
    {
        string[] precisions = [.. text.Split(',').Select(p => Choose("--precision", p.Trim(), SuiteSettings.KnownPrecisions))];
        return precisions.Distinct().Count() == precisions.Length ? precisions : throw new UsageException($"--precision {text} has one twice.");
    }

    private static string Choose(string option, string text, string[] known) =>
        known.FirstOrDefault(k => k.Equals(text, StringComparison.OrdinalIgnoreCase)) ?? throw new UsageException($"{option} '{text}' is not known. {NearestName.Hint(text, known)}");

    private static double InRange(double seconds) => seconds is >= 1 and <= 604_800
        ? seconds
        : throw new UsageException(Text($"--cell-limit {seconds} is out of range; 1 to 604800 s is possible."));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
