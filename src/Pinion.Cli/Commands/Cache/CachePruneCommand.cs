using System.CommandLine;
using System.Globalization;

namespace Pinion.Cli;

/// <summary><c>pinion cache prune</c>: deletes what was not used for long, and what is too much.</summary>
internal static class CachePruneCommand
{
    private const double MaxDays = 36_500;

    public static Command Create()
    {
        Argument<string> folder = CacheCommand.FolderArgument();
        var maxSize = new Option<string>("--max-size") { Description = "How large the cache may stay, the least recently used go first: a number with B, K, M or G, MiB without (default: as large as it is).", HelpName = "SIZE" };
        var olderThan = new Option<string>("--older-than") { Description = "Delete what was not used for so long: a number with m, h or d, days without (default: never).", HelpName = "TIME" };
        var command = new Command("prune", "Delete what ended processes have left, and plans by age and size; never those in use.") { folder, maxSize, olderThan };
        command.Complete(
            ["pinion cache prune engines --max-size 20G", "pinion cache prune engines --older-than 30d"],
            (result, context) => Run(
                context.Terminal, result.GetRequiredValue(folder), result.GetValue(maxSize) is { } size ? SizeText.ParseBytes(size, maxSize.Name) : null,
                result.GetValue(olderThan) is { } age ? ParseAge(age, olderThan.Name) : null));
        return command;
    }

    private static int Run(Terminal terminal, string folder, long? maxBytes, TimeSpan? olderThan)
    {
        CachePruning pruning = CacheCommand.Open(folder).Prune(maxBytes, olderThan);
        if (terminal.Json)
        {
            JsonOutput.Print(
                new CachePruneDocument(folder, CacheText.Facts(pruning.Deleted), CacheText.Facts(pruning.Kept), pruning.Leftovers, pruning.SizeBytes),
                JsonForms.Default.CachePruneDocument);
            return ExitCode.Done;
        }

        foreach (CacheEntry entry in pruning.Deleted)
        {
            terminal.Say($"deleted {CacheText.Key(entry.Key)}: {entry.Model}, {CacheText.Bytes(entry.SizeBytes)}, last used {CacheText.Time(entry.LastUsed)}");
        }

        foreach (CacheEntry entry in pruning.Kept)
        {
            terminal.Say($"kept {CacheText.Key(entry.Key)}: {entry.Model} is in use, or cannot be deleted");
        }

        string leftovers = pruning.Leftovers == 0 ? "" : $" and what was left of {Counted.Of(pruning.Leftovers, "other")}";
        terminal.Say($"{folder}: {Counted.Of(pruning.Deleted.Count, "plan")} deleted{leftovers}, {CacheText.Bytes(pruning.SizeBytes)} stay");
        return ExitCode.Done;
    }

    private static TimeSpan ParseAge(string text, string option)
    {
        string number = text.Trim();
        double days = number.Length == 0 ? 0 : number[^1] switch
        {
            'm' => 1 / (24.0 * 60),
            'h' => 1 / 24.0,
            'd' => 1,
            _ => 0,
        };
        if (!double.TryParse(days == 0 ? number : number[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
        {
            throw new UsageException($"{option} '{text}' is no time; write a number with m, h or d, such as 30d (without a letter it is days).");
        }

        return TimeSpan.FromDays(OptionRange.Check(value * (days == 0 ? 1 : days), 0, MaxDays, option, " days"));
    }
}
