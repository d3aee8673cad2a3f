using System.Collections.ObjectModel;
using System.Text.Json;

namespace Pinion;

/// <summary>Reads what the native layer says of plans and models. Unknown members are ignored, missing ones stay null or empty.</summary>
internal static class DescriptionReader
{
    internal static PlanDescription ReadPlan(string json)
    {
        using var document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return new PlanDescription
        {
            IsRaw = root.Find("raw") is { ValueKind: JsonValueKind.True },
            SizeBytes = root.Find("bytes") is { } bytes && bytes.TryGetInt64(out long size) ? size : 0,
            PinionVersion = root.Text("pinion"),
            TensorRt = Versions.Parse(root.Text("tensorrt")),
            Sdk = EnumNames.Parse<Sdk>(root.Text("sdk")),
            DeviceName = root.Text("device"),
            ComputeCapability = Versions.Parse(root.Text("sm")),
            Targets = [.. root.Items("targets").Select(t => Versions.Parse(t.GetString())).OfType<Version>()],
            Precision = EnumNames.Parse<Precision>(root.Text("precision")),
            ModelSha256 = root.Find("model") is { } model ? model.Text("sha256") : null,
            ModelName = root.Find("model") is { } file ? file.Text("file") : null,
            Inputs = Tensors(root, "inputs", TensorMode.Input),
            Outputs = Tensors(root, "outputs", TensorMode.Output),
            Profiles = Profiles(root),
            Checksum = root.Text("checksum"),
            Metadata = root.Find("metadata") is { } metadata ? metadata.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString() ?? "", StringComparer.Ordinal) : ReadOnlyDictionary<string, string>.Empty,
            Json = json,
        };
    }

    internal static ModelDescription ReadModel(string json)
    {
        using var document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return new ModelDescription(Tensors(root, "inputs", TensorMode.Input), Tensors(root, "outputs", TensorMode.Output), DimensionNames(root), json) { LayerNames = [.. root.Items("layers").Select(l => l.GetString() ?? "")] };
    }

    private static Dictionary<string, IReadOnlyList<string?>> DimensionNames(JsonElement root) => root.Find("dimensionNames") is not { } inputs
        ? []
        : inputs.EnumerateObject().ToDictionary(
            i => i.Name, i => (IReadOnlyList<string?>)[.. i.Value.EnumerateArray().Select(n => n.GetString() is { Length: > 0 } name ? name : null)]);

    private static List<TensorInfo> Tensors(JsonElement root, string name, TensorMode mode)
    {
        var tensors = new List<TensorInfo>();
        foreach (JsonElement item in root.Items(name))
        {
            if (!TensorDataTypeExtensions.TryParse(item.Text("dtype"), out TensorDataType type))
            {
                throw TensorErrors.UnknownDataType(item.Text("dtype"), item.Text("name"));
            }

            tensors.Add(new TensorInfo(
                item.Text("name") ?? "", mode, type, Shape(item, "shape"), item.Find("shapeTensor") is { ValueKind: JsonValueKind.True }));
        }

        return tensors;
    }

    private static List<ProfileInfo> Profiles(JsonElement root)
    {
        var profiles = new List<ProfileInfo>();
        foreach (JsonElement profile in root.Items("profiles"))
        {
            profiles.Add(new ProfileInfo(profile.EnumerateObject().ToDictionary(
                p => p.Name, p => new ShapeRange(Shape(p.Value, "min"), Shape(p.Value, "opt"), Shape(p.Value, "max")), StringComparer.Ordinal)));
        }

        return profiles;
    }

    private static TensorShape Shape(JsonElement element, string name)
    {
        long[] dimensions = [.. element.Items(name).Select(d => d.GetInt64())];
        return new TensorShape(dimensions);
    }
}
