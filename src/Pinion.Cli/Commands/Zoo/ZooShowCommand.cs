using System.CommandLine;
using System.Globalization;
using Pinion.Zoo;

namespace Pinion.Cli;

/// <summary><c>pinion zoo show</c>: one network, stage by stage and layer by layer.</summary>
internal static class ZooShowCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "A name of pinion zoo list; zoo:NAME is taken too." };
        Option<int> opset = ZooExportCommand.OpsetOption();
        var command = new Command("show", "Show a network's stages, layers, counts and published figures.") { name, opset };
        command.Complete(
            ["pinion zoo show Res2Net50_26w_4s", "pinion zoo show pcpvt_small --opset 17 --json"],
            (result, context) =>
            {
                var description = ZooDescription.Of(
                    ZooExportCommand.PlainName(result.GetRequiredValue(name)), ZooExportCommand.ReadOpset(result.GetValue(opset)));
                var document = ZooShowDocument.Of(description);
                if (context.Terminal.Json)
                {
                    JsonOutput.Print(document, JsonForms.Default.ZooShowDocument);
                }
                else
                {
                    Show(context.Terminal, document);
                }

                return ExitCode.Done;
            });
        return command;
    }

    private static void Show(Terminal terminal, ZooShowDocument d)
    {
        ZooModelFacts m = d.Model;
        string same = m.Network == m.Name ? "" : $", the network {m.Network} with other trained weights";
        terminal.Say($"{m.Name}: {m.Family}{same}; input {Shape(m.InputShape)}, {m.Classes} classes, opset {d.Opset}");
        string statistics = m.Statistics > 0 ? $", and {CountText.Number(m.Statistics)} statistics of batch norms" : "";
        terminal.Say($"parameters: {CountText.Number(m.Parameters)}{statistics}, in {CountText.Number(m.Tensors)} tensors");
        terminal.Say($"multiply-accumulates of one image: {CountText.Macs(m.Macs)}");
        PreprocessingFacts p = d.Preprocessing;
        terminal.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"photos: short side to {p.ResizeShort} ({p.Interpolation} of {p.Backend}), centre {p.Crop}, mean {string.Join(' ', p.Mean)}, deviation {string.Join(' ', p.Std)}"));
        ShowPublished(terminal, m.Published);
        ShowStages(terminal, d.Stages);
        ShowLayers(terminal, d.Layers);
    }

    private static void ShowPublished(Terminal terminal, PublishedFacts p)
    {
        terminal.Say(string.Create(
            CultureInfo.InvariantCulture, $"published by {p.Source}: Top-1 {p.Top1}, Top-5 {p.Top5}, {p.FlopsG} G FLOPs, {p.ParamsM} M parameters"));
        terminal.Say($"  FLOPs: {p.FlopsRule}");
        foreach (NoteFacts note in p.Notes)
        {
            terminal.Say($"  {(note.Wrong ? "wrong" : "odd")} ({note.Figure}): {note.Text}");
        }

        foreach (LatencyFacts l in p.Latencies)
        {
            string times = string.Join(", ", l.MillisecondsByBatch.Select(t => string.Create(CultureInfo.InvariantCulture, $"batch {t.Key} {t.Value} ms")));
            terminal.Say($"  {l.Gpu} {l.Precision}, {(l.Tensorrt is null ? "TensorRT of unknown version" : $"TensorRT {l.Tensorrt}")}: {times}{(l.Note is null ? "" : $" ({l.Note})")}");
        }
    }

    private static void ShowStages(Terminal terminal, IReadOnlyList<StageFacts> stages)
    {
        var table = new FactTable(keys: 1, "stage", "layers", "output", "elements of state", "MACs conv", "linear", "attention");
        foreach (StageFacts s in stages)
        {
            table.Row([s.Name, $"{s.Layers}", Shape(s.OutputShape), CountText.Number(s.Parameters), .. Macs(s.Macs)]);
        }

        terminal.Show(table);
    }

    private static void ShowLayers(Terminal terminal, IReadOnlyList<ZooLayerFacts> layers)
    {
        var table = new FactTable(keys: 2, "stage", "layer", "kind", "output", "elements of state", "MACs conv", "linear", "attention");
        foreach (ZooLayerFacts l in layers)
        {
            table.Row([l.Stage, l.Name, l.Kind, Shape(l.OutputShape), CountText.Number(l.Parameters), .. Macs(l.Macs)]);
        }

        terminal.Show(table);
    }

    private static string[] Macs(MacFacts m) => [CountText.Number(m.Conv), CountText.Number(m.Linear), CountText.Number(m.Attention)];

    private static string Shape(IReadOnlyList<int> shape) => string.Join('x', shape);
}
