using System.CommandLine;

namespace Pinion.Cli;

/// <summary><c>pinion cache why</c>: whether a build would find its plan, and if not, what has changed since the most similar one.</summary>
internal static class CacheWhyCommand
{
    public static Command Create()
    {
        Argument<string> folder = CacheCommand.FolderArgument();
        var model = new Argument<string>("MODEL") { Description = "The ONNX model, or zoo:NAME." };
        var options = new BuildOptionSet();
        var proof = new ProofOptionSet();
        var isolation = new IsolationOptionSet();
        var command = new Command("why", "Say whether build --cache would find the plan, and if not, what has changed. Takes build's options.") { folder, model };
        options.AddTo(command, all: true);
        proof.AddTo(command);
        isolation.AddTo(command);
        command.Complete(
            ["pinion cache why engines rec.onnx --fp16", "pinion cache why engines rec.onnx --profile \"x:min=1x3x48x48,opt=4x3x48x320,max=8x3x48x960\" --json"],
            (result, context) =>
            {
                EngineBuildOptions build = options.Read(result);
                IReadOnlyList<CacheIngredient> half = proof.Read(result, build)?.Ingredients() ?? [];
                return Run(context, result.GetRequiredValue(folder), result.GetRequiredValue(model), build, isolation.Read(result), half);
            });
        return command;
    }

    private static int Run(CommandContext context, string folder, string model, EngineBuildOptions options, IsolationOptions? isolation, IReadOnlyList<CacheIngredient> half)
    {
        Terminal terminal = context.Terminal;
        ModelSource source = ModelFile.Source(model, terminal.Note).With(half);
        isolation = BuildCommand.WithTargets(terminal, options, isolation);
        CacheExplanation why = CacheCommand.Open(folder, CachedBuild.Options(isolation)).Explain(source, BuildCommand.WithZooProfile(model, options, terminal), context.Token);
        if (terminal.Json)
        {
            JsonOutput.Print(
                new CacheWhyDocument(
                    model, why.Key, why.Entry is not null, why.Entry is null ? null : CacheEntryFacts.Of(why.Entry), why.Nearest is null ? null : CacheEntryFacts.Of(why.Nearest),
                    [.. why.Changes.Select(c => new CacheChangeFacts(c.Name, c.Was, c.Now))], why.Reasons),
                JsonForms.Default.CacheWhyDocument);
            return ExitCode.Done;
        }

        if (why.Entry is { } entry)
        {
            terminal.Say($"{model}: hit, {CacheText.Key(entry.Key)}, built {CacheText.Time(entry.BuiltAt)}");
            return ExitCode.Done;
        }

        terminal.Say(why.Nearest is { } nearest
            ? $"{model}: would be built; other than in {CacheText.Key(nearest.Key)}, built {CacheText.Time(nearest.BuiltAt)} from {nearest.Model}:"
            : $"{model}: would be built:");
        foreach (string reason in why.Reasons)
        {
            terminal.Say($"  {reason}");
        }

        return ExitCode.Done;
    }
}
