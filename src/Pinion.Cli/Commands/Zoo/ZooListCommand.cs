using System.CommandLine;
using System.Globalization;
using Pinion.Zoo;

namespace Pinion.Cli;

/// <summary><c>pinion zoo list</c>: every name, what it costs, and what was published about it.</summary>
internal static class ZooListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the networks with their counts beside the published figures.");
        command.Complete(["pinion zoo list", "pinion zoo list --json"], (_, context) => Run(context.Terminal));
        return command;
    }

    private static int Run(Terminal terminal)
    {
        ZooModelFacts[] models = [.. ZooCatalog.Models.Select(m => ZooModelFacts.Of(ZooDescription.Of(m.Name)))];
        if (terminal.Json)
        {
            JsonOutput.Print(new ZooListDocument(models), JsonForms.Default.ZooListDocument);
            return ExitCode.Done;
        }

        var notes = new List<string>();
        var table = new FactTable(
            keys: 1, "name", "family", "input", "opset", "parameters", "MACs conv", "linear", "attention", "Top-1", "Top-5", "FLOPs (G)", "params (M)");
        foreach (ZooModelFacts m in models)
        {
            PublishedFacts p = m.Published;
            table.Row(
                m.Name, m.Family, string.Join('x', m.InputShape), string.Join(", ", m.Opsets), CountText.Number(m.Parameters), CountText.Number(m.Macs.Conv),
                CountText.Number(m.Macs.Linear), CountText.Number(m.Macs.Attention), Text(p.Top1), Text(p.Top5),
                Text(p.FlopsG) + Marks(m, "flops", notes), Text(p.ParamsM) + Marks(m, "params", notes));
        }

        terminal.Show(table);
        terminal.Say("Parameters and MACs (multiply-accumulates) are counted from the graphs, for one image. Top-1 to params are PaddleClas' published figures.");
        foreach (IGrouping<string, ZooModelFacts> rule in models.GroupBy(m => m.Published.FlopsRule))
        {
            terminal.Say($"FLOPs of {string.Join(", ", rule.Select(m => m.Family).Distinct())}: {rule.Key}");
        }

        for (int i = 0; i < notes.Count; i++)
        {
            terminal.Say($"[{i + 1}] {notes[i]}");
        }

        return ExitCode.Done;
    }

    /// <summary>The numbers of the notes on a figure; a note that several rows share is kept once.</summary>
    private static string Marks(ZooModelFacts model, string figure, List<string> notes)
    {
        var marks = new List<int>();
        foreach (NoteFacts note in model.Published.Notes.Where(n => n.Figure.Contains(figure, StringComparison.Ordinal)))
        {
            string text = $"{(note.Wrong ? "Wrong" : "Odd")}: {note.Text}";
            int at = notes.IndexOf(text);
            if (at < 0)
            {
                at = notes.Count;
                notes.Add(text);
            }

            marks.Add(at + 1);
        }

        return marks.Count == 0 ? "" : $" [{string.Join(',', marks)}]";
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
