using System.Text.Json;

namespace Pinion;

/// <summary>Time per layer, from TensorRT's profiler. Measuring slows the run: the parts matter, not the sum.</summary>
/// <param name="Iterations">Runs that were averaged over.</param>
/// <param name="Layers">In the order of execution.</param>
/// <param name="Json">As trtexec writes it.</param>
public sealed record LayerProfile(int Iterations, IReadOnlyList<LayerTime> Layers, string Json)
{
    internal static LayerProfile Read(string json)
    {
        using var document = JsonDocument.Parse(json);

        // As trtexec writes it: the count first, then one object a layer.
        int iterations = 0;
        var layers = new List<LayerTime>();
        foreach (JsonElement item in document.RootElement.EnumerateArray())
        {
            if (item.Find("count") is { } count)
            {
                iterations = count.GetInt32();
            }
            else
            {
                layers.Add(new LayerTime(
                    item.Text("name") ?? "", item.Number("averageMs"), item.Number("medianMs"), item.Number("percentage")));
            }
        }

        return new LayerProfile(iterations, layers, json);
    }
}
