using System.CommandLine;
using System.Globalization;
using System.Text;
using Pinion.Cli.Commands;
using Pinion.Cli.Suite.Run;
using Spectre.Console;

namespace Pinion.Cli.Suite.Diff;

/// <summary><c>pinion suite diff</c>: what became slower or faster between two runs, and whether that is more than noise.</summary>
internal static class DiffCommand
{
    private const string DefaultMode = "graph-1";

    public static Command Create()
    {
        var old = new Argument<string>("OLD") { Description = "The folder of the older run." };
        var now = new Argument<string>("NEW") { Description = "The folder of the newer run." };
        var failOver = new Option<string>("--fail-over") { Description = "Exit with 1 where a whole interval lies beyond this (default: 5%).", HelpName = "P%", DefaultValueFactory = _ => "5%" };
        var mode = new Option<string>("--mode") { Description = "The mode to compare: graph-1, plain-1 or graph-2.", HelpName = "MODE", DefaultValueFactory = _ => DefaultMode };
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
                SuiteDiff diff = SuiteComparer.Compare(
                    result.GetRequiredValue(old), result.GetRequiredValue(now), result.GetValue(mode)!, ParsePercent(result.GetValue(failOver)!), result.GetValue(across));
                if (result.GetValue(markdown) is { } file)
                {
                    OutputFile.Write(file, Encoding.UTF8.GetBytes(Markdown(diff)));
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
            JsonOutput.Print(diff, DiffForms.Default.SuiteDiff);
        }
        else
        {
            Table table = Tables.Create("model", "precision", "batch", "old ms", "new ms", "new/old", "95% interval", "verdict");
            foreach (DiffCell cell in diff.Cells)
            {
                Tables.Row(table, Row(cell));
            }
            terminal.Console.Write(table);
        }
        foreach (string line in Remarks(diff))
        {
            terminal.Say(line);
        }
        return diff.Regressed ? ExitCode.Failed : ExitCode.Done;
    }

    private static string[] Row(DiffCell c) =>
    [
        c.Model, c.Precision, $"{c.Batch}", SuiteDisplay.Ms(c.OldMs), SuiteDisplay.Ms(c.NewMs), Ratio(c.Ratio), $"{Ratio(c.Low)} to {Ratio(c.High)}",
        c.Regression ? "REGRESSION" : c.Verdict,
    ];

    private static IEnumerable<string> Remarks(SuiteDiff d)
    {
        int regressions = d.Cells.Count(c => c.Regression);
        yield return Text($"{d.Cells.Count} cells, {regressions} slower by more than {d.FailOverPercent}% with their whole interval; mode {d.Mode}");
        yield return $"old: run {d.Old.Id}, {d.Old.Hardware}, TensorRT {d.Old.TensorRt}, pinion {d.Old.Pinion} ({Short(d.Old.Commit)})";
        yield return $"new: run {d.New.Id}, {d.New.Hardware}, TensorRT {d.New.TensorRt}, pinion {d.New.Pinion} ({Short(d.New.Commit)})";
        foreach (string note in d.Notes)
        {
            yield return $"note: {note}";
        }
        if (d.OnlyOld.Count > 0)
        {
            yield return $"only in old: {string.Join(", ", d.OnlyOld)}";
        }
        if (d.OnlyNew.Count > 0)
        {
            yield return $"only in new: {string.Join(", ", d.OnlyNew)}";
        }
    }

    private static string Markdown(SuiteDiff diff)
    {
        var text = new StringBuilder("| model | precision | batch | old ms | new ms | new/old | 95% interval | verdict |\n|---|---|---|---|---|---|---|---|\n");
        foreach (DiffCell cell in diff.Cells)
        {
            text.Append("| ").AppendJoin(" | ", Row(cell).Select(c => c.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
        }
        text.Append('\n');
        foreach (string remark in Remarks(diff))
        {
            text.Append("- ").Append(remark).Append('\n');
        }
        return text.ToString();
    }

    private static string Ratio(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    private static string Short(string commit) => commit.Length > 12 ? commit[..12] : commit;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
