using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Pinion.Cli;

/// <summary>Writes JSON documents, to standard output or to files.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions OneLine = Indented with { Indented = false };

    /// <summary>Prints one document and a line end to standard output.</summary>
    public static void Print<T>(T document, JsonTypeInfo<T> type)
    {
        using Stream output = Console.OpenStandardOutput();
        output.Write(Bytes(document, type));
        output.Flush();
    }

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

    /// <summary>Writes an array with one element a line, so that long ones can be searched and compared.</summary>
    public static void WriteArray<T>(Stream output, IEnumerable<T> elements, JsonTypeInfo<T> type)
    {
        using var line = new MemoryStream();
        using var writer = new Utf8JsonWriter(line, OneLine);
        bool first = true;
        foreach (T element in elements)
        {
            line.SetLength(0);
            writer.Reset();
            JsonSerializer.Serialize(writer, element, type);
            writer.Flush();
            output.Write(first ? "[\n  "u8 : ",\n  "u8);
            output.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
            first = false;
        }
        output.Write(first ? "[]\n"u8 : "\n]\n"u8);
    }
}
