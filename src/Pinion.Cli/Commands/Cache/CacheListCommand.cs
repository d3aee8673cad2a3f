using System.CommandLine;
using System.Globalization;

namespace Pinion.Cli;

/// <summary><c>pinion cache list</c>: every plan, the last used first.</summary>
internal static class CacheListCommand
{
    public static Command Create()
    {
        Argument<string> folder = CacheCommand.FolderArgument();
        var command = new Command("list", "List the plans, the last used first.") { folder };
        command.Complete(["pinion cache list engines", "pinion cache list engines --json"], (result, context) => Run(context.Terminal, result.GetRequiredValue(folder)));
        return command;
    }

    private static int Run(Terminal terminal, string folder)
    {
        CacheCheck check = CacheCommand.Open(folder).List();
        long size = check.Entries.Sum(e => e.SizeBytes);
        if (terminal.Json)
        {
            JsonOutput.Print(
                new CacheListDocument(folder, size, CacheText.Facts(check.Entries), CacheText.Facts(check.Problems), check.Strangers), JsonForms.Default.CacheListDocument);
            return ExitCode.Done;
        }

        if (check.Entries.Count > 0)
        {
            var table = new FactTable(keys: 1, "key", "model", "precision", "bytes", "TensorRT", "last used", "built", "seconds");
            foreach (CacheEntry e in check.Entries)
            {
                table.Row(
                    CacheText.Key(e.Key), e.Model, e.Ingredients.FirstOrDefault(i => i.Name == "precision")?.Value ?? "", e.SizeBytes.ToString("N0", CultureInfo.InvariantCulture),
                    $"{e.Sdk.GetName()} {e.TensorRt}", CacheText.Time(e.LastUsed), CacheText.Time(e.BuiltAt), e.BuildTime.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture));
            }

            terminal.Show(table);
        }

        terminal.Say($"{folder}: {Counted.Of(check.Entries.Count, "plan")}, {CacheText.Bytes(size)}");
        CacheText.SayProblems(terminal, check);
        return ExitCode.Done;
    }
}
