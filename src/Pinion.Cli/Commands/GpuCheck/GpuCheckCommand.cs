using System.CommandLine;

namespace Pinion.Cli;

/// <summary><c>pinion gpu-check</c>: all that only a GPU can show, in five minutes, with no other program than this one and the native tests.</summary>
internal static class GpuCheckCommand
{
    public const double DefaultSeconds = 300;

    private static readonly Dictionary<string, Sdk> Sdks = Enum.GetValues<Sdk>().ToDictionary(s => s.GetName(), StringComparer.OrdinalIgnoreCase);

    public static Command Create()
    {
        var output = new Option<string>("--output", "-o") { Description = $"The folder for {GpuCheckReport.JsonName} and {GpuCheckReport.PageName}; made if missing.", HelpName = "DIR", Required = true };
        var folder = new Option<string>("--folder") { Description = "The unpacked archive of ./build.sh gpu-check, with tests, references and models (default: where this program is).", HelpName = "DIR" };
        var tests = new Option<string>("--tests") { Description = "The native tests' programs (default: tests/SDK in the folder).", HelpName = "DIR" };
        var sdk = new Option<string>("--sdk") { Description = "What to check (default: the first that runs on a GPU here). host checks the CPU, and so the check itself.", HelpName = "nvidia|rtx|cuda|host" };
        var seconds = new Option<double>("--seconds") { Description = "When to end at the latest; each part has its share.", HelpName = "S", DefaultValueFactory = _ => DefaultSeconds };
        var only = new Option<string>("--only") { Description = $"These parts alone: {string.Join(", ", GpuCheckParts.All.Select(p => p.Name))}.", HelpName = "PART[,PART]" };
        var quick = new Option<bool>("--quick") { Description = "Try the check itself: one model, 1,000 runs, and figures that say nothing." };
        var command = new Command("gpu-check", "Check a machine's GPU: native tests, outputs against a CPU's, copies, latency, memory, many runs.") { output, folder, tests, sdk, seconds, only, quick };
        command.Complete(
            ["pinion gpu-check -o results", "pinion gpu-check --sdk host --quick -o results", "pinion gpu-check --only environment,latency -o results"],
            (result, context) => Run(
                context,
                new GpuCheckSettings(
                    Path.GetFullPath(result.GetValue(folder) ?? AppContext.BaseDirectory),
                    result.GetValue(tests) is { } programs ? Path.GetFullPath(programs) : null,
                    result.GetValue(sdk) is { } name ? Choose(name) : null,
                    TimeSpan.FromSeconds(OptionRange.Check(result.GetValue(seconds), 1, 86_400, "--seconds", " s")),
                    result.GetValue(quick)),
                Parts(result.GetValue(only)),
                result.GetRequiredValue(output)));
        return command;
    }

    private static int Run(CommandContext context, GpuCheckSettings settings, IReadOnlyList<string> parts, string output)
    {
        var report = new GpuCheckReport(output);
        // A child that is ended, and a report that a slow disk takes.
        context.Interrupt.Patience = TimeSpan.FromSeconds(30);
        GpuCheckDocument document = new GpuCheckRun(settings, parts, context.Terminal, report).Run(context.Token);
        if (document.NoGpu is { } reason)
        {
            context.Terminal.Say($"no GPU here: {reason} Nothing was checked.");
        }
        else
        {
            context.Terminal.Say(FormattableString.Invariant($"{(document.Passed ? "passed" : "FAILED")} after {document.Seconds:F0} s: {report.PagePath} ({GpuCheckReport.JsonName} beside it)"));
        }

        if (context.Terminal.Json)
        {
            JsonOutput.Print(document, JsonForms.Default.GpuCheckDocument);
        }

        return document.Passed ? ExitCode.Done : ExitCode.Failed;
    }

    private static Sdk Choose(string name) =>
        Sdks.TryGetValue(name, out Sdk sdk) ? sdk : throw new UsageException($"--sdk '{name}' is not known. {NearestName.Hint(name, Sdks.Keys)}");

    /// <summary>The environment is always asked: it says what the rest is about.</summary>
    private static IReadOnlyList<string> Parts(string? only)
    {
        string[] known = [.. GpuCheckParts.All.Select(p => p.Name)];
        string[] wanted = only?.Split(',', StringSplitOptions.TrimEntries) ?? known;
        return wanted.FirstOrDefault(w => !known.Contains(w)) is { } unknown
            ? throw new UsageException($"--only '{unknown}' is no part. {NearestName.Hint(unknown, known)}")
            : [.. known.Where(k => k == GpuCheckParts.Environment || wanted.Contains(k))];
    }
}
