using System.Text.Json;

namespace Pinion;

/// <summary>Members of JSON objects that may be missing.</summary>
internal static class JsonFields
{
    internal static JsonElement? Find(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;

    internal static string? Text(this JsonElement element, string name) =>
        element.Find(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    internal static double Number(this JsonElement element, string name) => element.Find(name)?.GetDouble() ?? 0;

    internal static JsonElement.ArrayEnumerator Items(this JsonElement element, string name) =>
        element.Find(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : default;
}
