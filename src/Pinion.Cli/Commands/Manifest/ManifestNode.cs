using System.Text;
using System.Text.Json;

namespace Pinion.Cli;

/// <summary>A JSON value that knows its line, so that what is wrong with it can be found.</summary>
internal sealed class ManifestNode
{
    private static readonly JsonReaderOptions Reading = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private ManifestNode(JsonTokenType kind, int line) => (Kind, Line) = (kind, line);

    /// <summary>What it begins with: an object, an array, or a value.</summary>
    public JsonTokenType Kind { get; }

    /// <summary>Counted from 1.</summary>
    public int Line { get; }

    /// <summary>A string's text, or a number or word as it is written; empty for objects and arrays.</summary>
    public string Text { get; private init; } = "";

    /// <summary>Of an object, in the order of the file; a name may be there twice.</summary>
    public List<(string Name, int Line, ManifestNode Value)> Members { get; } = [];

    /// <summary>Of an array.</summary>
    public List<ManifestNode> Items { get; } = [];

    public bool IsObject => Kind == JsonTokenType.StartObject;

    public bool IsArray => Kind == JsonTokenType.StartArray;

    public bool IsNull => Kind == JsonTokenType.Null;

    public bool IsString => Kind == JsonTokenType.String;

    /// <summary>In words, for messages.</summary>
    public string Form => IsObject ? "an object" : IsArray ? "a list" : IsString ? $"'{Text}'" : Text;

    /// <exception cref="JsonException">The text is no JSON; it says where.</exception>
    public static ManifestNode Parse(byte[] utf8)
    {
        ReadOnlySpan<byte> json = utf8.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? utf8.AsSpan(Encoding.UTF8.Preamble.Length) : utf8;
        var reader = new Utf8JsonReader(json, Reading);
        reader.Read();
        var lines = new Lines();
        try
        {
            ManifestNode root = Read(ref reader, json, lines);
            // What follows the value is no JSON either.
            reader.Read();
            return root;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException($"a text is no UTF-8: {e.Message}", e);
        }
    }

    private static ManifestNode Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, Lines lines)
    {
        int line = lines.At(json, (int)reader.TokenStartIndex);
        JsonTokenType kind = reader.TokenType;
        if (kind is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return new ManifestNode(kind, line) { Text = kind == JsonTokenType.String ? reader.GetString()! : Encoding.UTF8.GetString(reader.ValueSpan) };
        }

        var node = new ManifestNode(kind, line);
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            if (kind == JsonTokenType.StartArray)
            {
                node.Items.Add(Read(ref reader, json, lines));
                continue;
            }

            (string name, int at) = (reader.GetString()!, lines.At(json, (int)reader.TokenStartIndex));
            reader.Read();
            node.Members.Add((name, at, Read(ref reader, json, lines)));
        }

        return node;
    }

    /// <summary>Counts lines as the reader goes on.</summary>
    private sealed class Lines
    {
        private int _counted;
        private int _line = 1;

        public int At(ReadOnlySpan<byte> json, int offset)
        {
            _line += json[_counted..offset].Count((byte)'\n');
            _counted = offset;
            return _line;
        }
    }
}
