using System.CommandLine;

namespace Pinion.Cli;

/// <summary><c>pinion cache verify</c>: reads every plan and compares checksums.</summary>
internal static class CacheVerifyCommand
{
    public static Command Create()
    {
        Argument<string> folder = CacheCommand.FolderArgument();
        var command = new Command("verify", "Read every plan and compare checksums; exit code 1 where one is damaged.") { folder };
        command.Complete(["pinion cache verify engines", "pinion cache verify engines --json"], (result, context) => Run(context, result.GetRequiredValue(folder)));
        return command;
    }

    private static int Run(CommandContext context, string folder)
    {
        CacheCheck check = CacheCommand.Open(folder).Verify(context.Token);
        long size = check.Entries.Sum(e => e.SizeBytes);
        if (context.Terminal.Json)
        {
            JsonOutput.Print(
                new CacheVerifyDocument(folder, check.Entries.Count, size, CacheText.Facts(check.Problems), check.Strangers), JsonForms.Default.CacheVerifyDocument);
        }
        else
        {
            context.Terminal.Say($"{folder}: {Counted.Of(check.Entries.Count, "plan")} sound, {CacheText.Bytes(size)}");
            CacheText.SayProblems(context.Terminal, check);
        }

        return check.Problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }
}
