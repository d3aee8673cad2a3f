using System.CommandLine;

namespace Pinion.Cli;

/// <summary><c>pinion suite report</c>: the reports of a run, made anew from its results.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "The folder of a run." };
        var compare = new Option<string>("--compare") { Description = "What to compare with: v100, t4, or the folder of another run (default: as the run was compared).", HelpName = "v100|t4|RUN" };
        var command = new Command("report", "Write the reports of a run anew.") { run, compare };
        command.Complete(["pinion suite report out", "pinion suite report out --compare t4"], (result, context) =>
        {
            string folder = result.GetRequiredValue(run);
            var results = SuiteResults.Load(folder);
            if (results.Cells.Count == 0)
            {
                throw new WorkException($"{folder} has no cell yet, so there is nothing to report. Measure at least one with pinion suite --resume -o {folder}.");
            }

            string root = Directory.Exists(folder) ? folder : Path.GetDirectoryName(Path.GetFullPath(folder))!;
            results = result.GetValue(compare) is { } other ? results.ComparedWith(other) : results;
            SuiteReport.Write(results, root);
            context.Terminal.Say(string.Join(", ", new[] { SuiteReport.HtmlName, SuiteReport.MarkdownName, SuiteReport.CsvName }.Select(f => Path.Combine(root, f))));
            if (context.Terminal.Json)
            {
                JsonOutput.Print(results.ToJson());
            }

            return ExitCode.Done;
        });
        return command;
    }
}
