using System.CommandLine;

namespace Pinion.Cli;

/// <summary><c>pinion diff</c>: how two plans differ.</summary>
internal static class PlanDiffCommand
{
    public static Command Create()
    {
        var first = new Argument<string>("PLAN") { Description = "A plan." };
        var second = new Argument<string>("OTHER") { Description = "The plan to compare it with." };
        var fail = new Option<bool>("--fail-on-difference") { Description = "Exit with 1 where they differ." };
        var load = new LoadOptionSet("for the layers, which are known when a plan is loaded");
        var command = new Command("diff", "Compare two plans: header, build options, tensors, profiles, layers, precisions, tactics.") { first, second, fail };
        load.AddTo(command);
        command.Complete(
            ["pinion diff rec.plan rec-fp16.plan", "pinion diff old.plan new.plan --fail-on-difference", "pinion diff a.plan b.plan --json"],
            (result, context) => Run(context.Terminal, result.GetRequiredValue(first), result.GetRequiredValue(second), result.GetValue(fail), load.Read(result)));
        return command;
    }

    private static int Run(Terminal terminal, string first, string second, bool fail, EngineLoadOptions load)
    {
        foreach (string path in new[] { first, second })
        {
            Files.RequireFile(path);
            if (EngineSource.IsModel(path))
            {
                throw new UsageException($"{path} is a model; plans are compared. Build it first, or see it with pinion inspect.");
            }
        }

        if (terminal.Verbose)
        {
            terminal.ShowLog();
        }

        PlanComparison comparison = Files.About($"{first} or {second}", () => PlanComparison.Compare(first, second, load));
        IReadOnlyList<PlanDifference> differences = comparison.Differences;
        if (terminal.Json)
        {
            JsonOutput.Print(
                new DiffDocument(
                    first, second, differences.Count == 0, comparison.AreIdentical, comparison.CommonLayers,
                    [.. differences.Select(d => new DifferenceFacts(Name(d.Aspect), d.Subject, d.Property, d.First, d.Second))], comparison.NotCompared),
                JsonForms.Default.DiffDocument);
        }
        else
        {
            Show(terminal, first, second, comparison);
        }

        return fail && (differences.Count > 0 || (!comparison.AreIdentical && comparison.NotCompared.Count > 0)) ? ExitCode.Failed : ExitCode.Done;
    }

    private static void Show(Terminal terminal, string first, string second, PlanComparison comparison)
    {
        IReadOnlyList<PlanDifference> differences = comparison.Differences;
        if (differences.Count > 0)
        {
            (string one, string other) = (Path.GetFileName(first), Path.GetFileName(second));
            (one, other) = one == other ? (first, second) : (one, other);
            var table = new FactTable(keys: 3, "what", "of", "property", one, other);
            foreach (PlanDifference d in differences)
            {
                table.Row(Name(d.Aspect), d.Subject, d.Property, d.First ?? "–", d.Second ?? "–");
            }

            terminal.Show(table);
        }

        string layers = comparison.CommonLayers is { } common ? $"; {Counted.Of(common, "layer")} in both" : "";
        string counts = string.Join(", ", differences.CountBy(d => d.Aspect).Select(c => $"{Name(c.Key)} {c.Value}"));
        terminal.Say(comparison.AreIdentical ? $"{first} and {second} are the same, byte for byte"
            : differences.Count == 0 ? $"{first} and {second} differ in nothing that is told; their bytes do{layers}"
            : $"{first} and {second} differ in {Counted.Of(differences.Count, "point")} ({counts}){layers}");
        foreach (string reason in comparison.NotCompared)
        {
            terminal.Say($"not compared: {reason}");
        }
    }

    private static string Name(PlanAspect aspect) => aspect.ToString().ToLowerInvariant();
}
