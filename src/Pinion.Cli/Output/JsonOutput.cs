using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Pinion.Cli;

/// <summary>Writes JSON documents, to standard output or to files.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions OneLine = JsonText.Indented with { Indented = false };

    /// <summary>Prints one document and a line end to standard output.</summary>
    public static void Print<T>(T document, JsonTypeInfo<T> type) => Print(JsonText.Bytes(document, type));

    /// <summary>Prints a document that ends with a line end.</summary>
    public static void Print(byte[] document)
    {
        using Stream output = Console.OpenStandardOutput();
        output.Write(document);
        output.Flush();
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
