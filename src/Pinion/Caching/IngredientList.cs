using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Pinion;

/// <summary>All that a plan is made of, in one order, each under a name of its own. Their text, hashed, is the key.</summary>
internal sealed class IngredientList
{
    /// <summary>Raised when the same ingredients mean another plan.</summary>
    private const string Format = "1";

    private readonly List<CacheIngredient> _items = [new("cache format", Format)];

    internal IReadOnlyList<CacheIngredient> Items => _items;

    internal string Key => KeyOf(_items);

    /// <summary>Each text behind its length, so that no two lists are alike.</summary>
    internal static string KeyOf(IReadOnlyList<CacheIngredient> items)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        foreach (CacheIngredient item in items)
        {
            writer.Write(item.Name);
            writer.Write(item.Value);
        }

        return Convert.ToHexStringLower(SHA256.HashData(memory.GetBuffer().AsSpan(0, (int)memory.Length)));
    }

    /// <summary>An object with a member for each.</summary>
    internal static void Write(Utf8JsonWriter writer, IReadOnlyList<CacheIngredient> items)
    {
        writer.WriteStartObject();
        foreach (CacheIngredient item in items)
        {
            writer.WriteString(item.Name, item.Value);
        }

        writer.WriteEndObject();
    }

    internal void Add(string name, string value) => _items.Add(new CacheIngredient(name, value));

    internal void Add(string name, bool value) => Add(name, value ? "yes" : "no");

    internal void Add(string name, long value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A number that stands for TensorRT's own choice where it is null.</summary>
    internal void Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture) ?? "default");
}
