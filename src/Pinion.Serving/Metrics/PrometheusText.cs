using System.Globalization;
using System.Text;

namespace Pinion.Serving;

/// <summary>Prometheus's text form, version 0.0.4.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The name of an instrument with its unit, and _total where it only grows.</summary>
    public static string Name(string instrument, string? unit, bool isCounter)
    {
        string suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        string name = Clean(instrument);
        name = name.EndsWith(suffix, StringComparison.Ordinal) ? name : name + suffix;
        return isCounter ? name + "_total" : name;
    }

    /// <summary>The tags as they stand between the braces.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags, int longest)
    {
        var text = new StringBuilder();
        foreach ((string name, object? tag) in tags)
        {
            string value = Convert.ToString(tag, CultureInfo.InvariantCulture) ?? "";
            text.Append(text.Length == 0 ? "" : ",").Append(Clean(name)).Append("=\"");
            Escape(text, value.Length > longest ? value[..longest] : value, quote: true);
            text.Append('"');
        }

        return text.ToString();
    }

    public static void Head(StringBuilder text, string name, string type, string help)
    {
        text.Append("# HELP ").Append(name).Append(' ');
        Escape(text, help, quote: false);
        text.Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    public static void Sample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => double.IsNaN(value) ? "NaN"
        : double.IsInfinity(value) ? (value > 0 ? "+Inf" : "-Inf")
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Clean(string name)
    {
        string clean = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return clean.Length == 0 || char.IsAsciiDigit(clean[0]) ? "_" + clean : clean;
    }

    private static void Escape(StringBuilder text, string value, bool quote)
    {
        foreach (char c in value)
        {
            _ = c switch
            {
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '"' when quote => text.Append("\\\""),
                _ => text.Append(c),
            };
        }
    }
}
