using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Pinion;

/// <summary>JSON documents as Pinion writes them.</summary>
internal static class JsonText
{
    public static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Indented, in UTF-8, with a line end.</summary>
    public static byte[] Bytes<T>(T document, JsonTypeInfo<T> type)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory, Indented))
        {
            JsonSerializer.Serialize(writer, document, type);
        }

        memory.WriteByte((byte)'\n');
        return memory.ToArray();
    }
}
