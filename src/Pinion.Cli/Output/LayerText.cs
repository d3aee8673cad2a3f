using System.Text.Json;

namespace Pinion.Cli;

/// <summary>The layers of a plan in a table, as far as TensorRT's inspector tells of them.</summary>
internal static class LayerText
{
    public static void Show(Terminal terminal, JsonElement information)
    {
        if (information.ValueKind != JsonValueKind.Object || !information.TryGetProperty("Layers", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            terminal.Say(information.GetRawText());
            return;
        }

        JsonElement[] layers = [.. list.EnumerateArray()];
        if (layers.All(l => l.ValueKind == JsonValueKind.Object))
        {
            ShowDetails(terminal, layers);
            return;
        }

        if (layers.Any(l => l.ValueKind == JsonValueKind.String))
        {
            var names = new FactTable(keys: 1, "#", "layer");
            for (int i = 0; i < layers.Length; i++)
            {
                names.Row($"{i}", layers[i].ToString());
            }

            terminal.Show(names);
        }

        terminal.Say($"{Counted.Of(layers.Length, "layer")}; a plan built with --profiling-verbosity detailed tells types, shapes and tactics");
    }

    /// <summary>What no layer tells has no column.</summary>
    private static void ShowDetails(Terminal terminal, JsonElement[] layers)
    {
        (string Heading, string[] Cells)[] columns =
        [
            ("#", [.. layers.Select((_, i) => $"{i}")]),
            ("layer", [.. layers.Select(l => Text(l, "Name"))]),
            ("type", [.. layers.Select(l => Text(l, "LayerType"))]),
            ("inputs", [.. layers.Select(l => Tensors(l, "Inputs"))]),
            ("outputs", [.. layers.Select(l => Tensors(l, "Outputs"))]),
            ("tactic", [.. layers.Select(Tactic)]),
        ];
        columns = [.. columns.Where(c => c.Cells.Any(cell => cell.Length > 0))];
        var table = new FactTable(keys: 1, [.. columns.Select(c => c.Heading)]);
        for (int i = 0; i < layers.Length; i++)
        {
            table.Row([.. columns.Select(c => c.Cells[i])]);
        }

        terminal.Show(table);
        terminal.Say(Counted.Of(layers.Length, "layer"));
    }

    /// <summary>Each with its shape and format where they are told.</summary>
    private static string Tensors(JsonElement layer, string property) => layer.TryGetProperty(property, out JsonElement tensors) && tensors.ValueKind == JsonValueKind.Array
        ? string.Join(", ", tensors.EnumerateArray().Select(t => string.Join(' ', new[] { Text(t, "Name"), Shape(t), Text(t, "Format/Datatype") }.Where(s => s.Length > 0))))
        : "";

    private static string Shape(JsonElement tensor) =>
        tensor.TryGetProperty("Dimensions", out JsonElement shape) && shape.ValueKind == JsonValueKind.Array ? string.Join('x', shape.EnumerateArray()) : "";

    private static string Tactic(JsonElement layer) => Text(layer, "TacticName") is { Length: > 0 } name ? name : Text(layer, "TacticValue");

    private static string Text(JsonElement element, string property) => element.TryGetProperty(property, out JsonElement value) ? value.ToString() : "";
}
