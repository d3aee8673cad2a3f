using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pinion.Triton;

/// <summary>A mapping in the order in which it was filled; a value that is null is left out.</summary>
internal sealed class YamlMap : IEnumerable<KeyValuePair<string, object>>
{
    private readonly List<KeyValuePair<string, object>> _entries = [];

    public int Count => _entries.Count;

    public void Add(string key, object? value)
    {
        if (value is not null)
        {
            _entries.Add(new(key, value));
        }
    }

    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// Writes mappings, lists, strings, whole numbers and truth values as YAML. A string is plain only if no reader could take it
/// for something else, and else quoted as in JSON.
/// </summary>
internal static partial class Yaml
{
    private static readonly string[] Reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

    /// <summary>Several documents in one text.</summary>
    public static string Write(params ReadOnlySpan<YamlMap> documents)
    {
        var text = new StringBuilder();
        foreach (YamlMap document in documents)
        {
            text.Append(text.Length == 0 ? "" : "---\n");
            WriteMap(text, document, indent: 0, firstOnLine: false);
        }

        return text.ToString();
    }

    private static void WriteMap(StringBuilder text, YamlMap map, int indent, bool firstOnLine)
    {
        foreach ((string key, object value) in map)
        {
            // In a list the first key stands behind the dash.
            text.Append(' ', firstOnLine ? 0 : indent).Append(Scalar(key)).Append(':');
            firstOnLine = false;
            WriteValue(text, value, indent);
        }
    }

    private static void WriteValue(StringBuilder text, object value, int indent)
    {
        switch (value)
        {
            case YamlMap { Count: 0 }:
                text.Append(" {}\n");
                break;
            case YamlMap map:
                text.Append('\n');
                WriteMap(text, map, indent + 2, firstOnLine: false);
                break;
            case IReadOnlyList<object> { Count: 0 }:
                text.Append(" []\n");
                break;
            case IReadOnlyList<object> list:
                text.Append('\n');
                WriteList(text, list, indent);
                break;
            default:
                text.Append(' ').Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static void WriteList(StringBuilder text, IReadOnlyList<object> list, int indent)
    {
        foreach (object item in list)
        {
            text.Append(' ', indent).Append("- ");
            if (item is YamlMap map)
            {
                WriteMap(text, map, indent + 2, firstOnLine: true);
            }
            else
            {
                text.Append(Scalar(item)).Append('\n');
            }
        }
    }

    private static string Scalar(object value) => value switch
    {
        bool truth => truth ? "true" : "false",
        int or long => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        string text when PlainPattern().IsMatch(text) && !Reserved.Contains(text, StringComparer.OrdinalIgnoreCase) => text,
        string text => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"",
        _ => throw new ArgumentException($"{value.GetType()} is not written as YAML.", nameof(value)),
    };

    [GeneratedRegex("^[A-Za-z/][A-Za-z0-9./_-]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainPattern();
}
