using System.Text.Json;

namespace Pinion;

/// <summary>Compares the layers of two plans by their names, as TensorRT's inspector writes them.</summary>
internal static class LayerComparison
{
    private const string Name = "Name";
    private const string Type = "LayerType";

    /// <returns>How many layers are in both; null where the inspector's text is of another form.</returns>
    internal static int? Compare(string firstJson, string secondJson, List<PlanDifference> differences, List<string> missing)
    {
        using var first = JsonDocument.Parse(firstJson);
        using var second = JsonDocument.Parse(secondJson);
        if (Read(first) is not { } one || Read(second) is not { } other)
        {
            missing.Add("The layers: TensorRT's inspector told them in a form that is not known.");
            return null;
        }

        if (one.Values.Concat(other.Values).Any(l => l.ValueKind != JsonValueKind.Object))
        {
            missing.Add("Types, formats and tactics of the layers: a plan tells them that was built with detailed profiling verbosity.");
        }

        foreach ((string name, JsonElement layer) in one)
        {
            if (other.TryGetValue(name, out JsonElement same))
            {
                Compare(name, layer, same, differences);
            }
            else
            {
                differences.Add(new PlanDifference(PlanAspect.Layer, name, "layer", Kind(layer), null));
            }
        }

        differences.AddRange(other.Where(l => !one.ContainsKey(l.Key)).Select(l => new PlanDifference(PlanAspect.Layer, l.Key, "layer", null, Kind(l.Value))));
        string[] common = [.. one.Keys.Where(other.ContainsKey)];
        string[] there = [.. other.Keys.Where(one.ContainsKey)];
        int moved = common.Zip(there).TakeWhile(p => p.First == p.Second).Count();
        if (moved < common.Length)
        {
            differences.Add(new PlanDifference(PlanAspect.Layer, "layers", "order", $"{common[moved]} is number {moved}", $"{there[moved]} is number {moved}"));
        }

        return common.Length;
    }

    private static void Compare(string name, JsonElement first, JsonElement second, List<PlanDifference> differences)
    {
        if (first.ValueKind != JsonValueKind.Object || second.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        Dictionary<string, string> one = Flatten(first);
        Dictionary<string, string> other = Flatten(second);
        foreach (string place in one.Keys.Union(other.Keys))
        {
            if (one.GetValueOrDefault(place) is var a && other.GetValueOrDefault(place) is var b && a != b)
            {
                differences.Add(new PlanDifference(Aspect(place), name, place, a, b));
            }
        }
    }

    /// <summary>By name, in the order in which they run. TensorRT may give several one name: those are numbered.</summary>
    private static OrderedDictionary<string, JsonElement>? Read(JsonDocument document)
    {
        if (document.RootElement.Find("Layers") is not { ValueKind: JsonValueKind.Array } list)
        {
            return null;
        }

        var layers = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (JsonElement layer in list.EnumerateArray())
        {
            string name = layer.Text(Name) ?? (layer.ValueKind == JsonValueKind.String ? layer.GetString()! : "");
            string unique = name;
            for (int number = 2; !layers.TryAdd(unique, layer); number++)
            {
                unique = $"{name} ({number})";
            }
        }

        return layers;
    }

    private static Dictionary<string, string> Flatten(JsonElement layer)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string place, string value) in HeaderComparison.Leaves("", layer).Where(l => l.Place != Name))
        {
            values.TryAdd(place, value);
        }

        return values;
    }

    private static PlanAspect Aspect(string place) =>
        place.StartsWith("Tactic", StringComparison.Ordinal) ? PlanAspect.Tactic
        : place.Contains("Datatype", StringComparison.OrdinalIgnoreCase) || place.Contains("Format", StringComparison.OrdinalIgnoreCase) || place.Contains("Precision", StringComparison.OrdinalIgnoreCase) ? PlanAspect.Precision
        : PlanAspect.Layer;

    private static string Kind(JsonElement layer) => layer.Text(Type) ?? "there";
}
