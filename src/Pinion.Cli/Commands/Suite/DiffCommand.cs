using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Pinion.Cli;

/// <summary><c>pinion suite diff</c>: what became slower or faster between two runs, and whether that is more than noise.</summary>
internal static class DiffCommand
{
    private static readonly SuiteDiffOptions Defaults = new();

    public static Command Create()
    {
        var old = new Argument<string>("OLD") { Description = "The folder of the older run." };
        var now = new Argument<string>("NEW") { Description = "The folder of the newer run." };
        var failOver = new Option<string>("--fail-over") { Description = "Exit with 1 where a whole interval lies beyond this (default: 5%).", HelpName = "P%", DefaultValueFactory = _ => "5%" };
        var mode = new Option<string>("--mode") { Description = "The mode to compare: graph-1, plain-1 or graph-2.", HelpName = "MODE", DefaultValueFactory = _ => Defaults.Mode };
        var markdown = new Option<string>("--markdown") { Description = "Write the table as Markdown too.", HelpName = "FILE" };
        var across = new Option<bool>("--across-hardware") { Description = "Compare runs of different hardware." };
        var command = new Command("diff", "Compare two runs: the ratio of median latencies with a confidence interval, cell by cell.") { old, now };
        foreach (Option option in (ReadOnlySpan<Option>)[failOver, mode, markdown, across])
        {
            command.Add(option);
        }

        command.Complete(
            ["pinion suite diff old new", "pinion suite diff old new --fail-over 2% --markdown diff.md", "pinion suite diff v100 t4 --across-hardware --json"],
            (result, context) =>
            {
                var diff = SuiteDiff.Compare(result.GetRequiredValue(old), result.GetRequiredValue(now), new SuiteDiffOptions
                {
                    Mode = result.GetValue(mode)!,
                    FailOverPercent = ParsePercent(result.GetValue(failOver)!),
                    AcrossHardware = result.GetValue(across),
                });
                if (result.GetValue(markdown) is { } file)
                {
                    OutputFile.Write(file, Encoding.UTF8.GetBytes(diff.ToMarkdown()));
                }

                return Report(context.Terminal, diff);
            });
        return command;
    }

    private static double ParsePercent(string text)
    {
        string number = text.EndsWith('%') ? text[..^1] : text;
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent) && percent is >= 0 and <= 1000
            ? percent
            : throw new UsageException($"--fail-over '{text}' is no percentage; write 5% or 2.5%, 0% to 1000%.");
    }

    private static int Report(Terminal terminal, SuiteDiff diff)
    {
        if (terminal.Json)
        {
            JsonOutput.Print(diff.ToJson());
        }
        else
        {
            var table = new FactTable(keys: 3, "model", "precision", "batch", "old ms", "new ms", "new/old", "interval", "processes", "verdict");
            foreach (DiffCell cell in diff.Cells)
            {
                table.Row([.. cell.ToRow()]);
            }

            terminal.Show(table);
        }

        foreach (string line in diff.Remarks())
        {
            terminal.Say(line);
        }

        return diff.Regressed ? ExitCode.Failed : ExitCode.Done;
    }
}
