using System.Text.Json;

namespace Pinion;

/// <summary>Reads the native layer's JSON texts. Unknown members are ignored, missing ones stay null or empty.</summary>
internal static class DescriptionReader
{
    internal static PlanDescription ReadPlan(string json)
    {
        using var document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return new PlanDescription
        {
            IsRaw = Find(root, "raw") is { ValueKind: JsonValueKind.True },
            SizeBytes = Find(root, "bytes") is { } bytes && bytes.TryGetInt64(out long size) ? size : 0,
            PinionVersion = Text(root, "pinion"),
            TensorRt = Versions.Parse(Text(root, "tensorrt")),
            Sdk = EnumNames.Parse<Sdk>(Text(root, "sdk")),
            DeviceName = Text(root, "device"),
            ComputeCapability = Versions.Parse(Text(root, "sm")),
            Precision = EnumNames.Parse<Precision>(Text(root, "precision")),
            ModelSha256 = Find(root, "model") is { } model ? Text(model, "sha256") : null,
            ModelName = Find(root, "model") is { } file ? Text(file, "file") : null,
            Inputs = Tensors(root, "inputs", TensorMode.Input),
            Outputs = Tensors(root, "outputs", TensorMode.Output),
            Profiles = Profiles(root),
            Json = json,
        };
    }

    internal static ModelDescription ReadModel(string json)
    {
        using var document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return new ModelDescription(Tensors(root, "inputs", TensorMode.Input), Tensors(root, "outputs", TensorMode.Output), json);
    }

    internal static LayerProfile ReadLayerProfile(string json)
    {
        using var document = JsonDocument.Parse(json);

        // As trtexec writes it: the count first, then one object a layer.
        int iterations = 0;
        var layers = new List<LayerTime>();
        foreach (JsonElement item in document.RootElement.EnumerateArray())
        {
            if (Find(item, "count") is { } count)
            {
                iterations = count.GetInt32();
            }
            else
            {
                layers.Add(new LayerTime(
                    Text(item, "name") ?? "", Number(item, "averageMs"), Number(item, "medianMs"), Number(item, "percentage")));
            }
        }

        return new LayerProfile(iterations, layers, json);
    }

    private static List<TensorInfo> Tensors(JsonElement root, string name, TensorMode mode)
    {
        var tensors = new List<TensorInfo>();
        foreach (JsonElement item in Items(root, name))
        {
            if (!TensorDataTypeExtensions.TryParse(Text(item, "dtype"), out TensorDataType type))
            {
                throw Errors.UnknownDataType(Text(item, "dtype"), Text(item, "name"));
            }

            tensors.Add(new TensorInfo(
                Text(item, "name") ?? "", mode, type, Shape(item, "shape"), Find(item, "shapeTensor") is { ValueKind: JsonValueKind.True }));
        }

        return tensors;
    }

    private static List<ProfileInfo> Profiles(JsonElement root)
    {
        var profiles = new List<ProfileInfo>();
        foreach (JsonElement profile in Items(root, "profiles"))
        {
            profiles.Add(new ProfileInfo(profile.EnumerateObject().ToDictionary(
                p => p.Name, p => new ShapeRange(Shape(p.Value, "min"), Shape(p.Value, "opt"), Shape(p.Value, "max")), StringComparer.Ordinal)));
        }

        return profiles;
    }

    private static TensorShape Shape(JsonElement element, string name)
    {
        long[] dimensions = [.. Items(element, name).Select(d => d.GetInt64())];
        return new TensorShape(dimensions);
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        Find(element, name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : default;

    private static double Number(JsonElement element, string name) => Find(element, name)?.GetDouble() ?? 0;

    private static string? Text(JsonElement element, string name) =>
        Find(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Find(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;
}
