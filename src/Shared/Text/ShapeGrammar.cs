using System.Globalization;

namespace Pinion;

/// <summary>
/// Shape lists in trtexec's grammar: <c>x:1x3x224x224,'Input:0':1x10</c>. What is wrong becomes the exception that `refuse` makes of
/// the rest of a sentence whose beginning names the setting.
/// </summary>
internal static class ShapeGrammar
{
    /// <summary>Reads a comma-separated list; the name is null where only a shape was given (a model with one input).</summary>
    public static List<(string? Name, TensorShape Shape)> ParseList(string text, Func<string, Exception> refuse)
    {
        var shapes = new List<(string? Name, TensorShape Shape)>();
        foreach (string entry in SplitOutsideQuotes(text, ','))
        {
            (string? name, TensorShape shape) = ParseEntry(entry.Trim(), refuse);
            if (shapes.Any(other => other.Name == name))
            {
                throw refuse(name is null
                    ? $" '{text}' has several shapes without a name; write NAME:1x3x224x224 for each input."
                    : $" '{text}' gives the shape of '{name}' twice.");
            }

            shapes.Add((name, shape));
        }

        return shapes;
    }

    /// <summary>Reads <c>1x3x224x224</c> or <c>scalar</c>: a shape as <see cref="TensorShape.TryParse"/> reads it, but all known, and of a size that memory can address.</summary>
    private static TensorShape ParseDimensions(string text, Func<string, Exception> refuse)
    {
        string[] parts = text.Split('x');
        if (parts.Length > TensorShape.MaxRank)
        {
            throw refuse($": shape '{text}' has {parts.Length} dimensions; TensorRT's limit is {TensorShape.MaxRank}.");
        }

        if (!TensorShape.TryParse(text, out TensorShape shape) || shape.Any(dimension => dimension is < 0 or > int.MaxValue))
        {
            string wrong = parts.First(part => !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
            throw refuse($": '{wrong}' in shape '{text}' is no dimension; write whole numbers from 0 to {int.MaxValue} joined by x, such as 1x3x224x224.");
        }

        Int128 elements = shape.Aggregate((Int128)1, (product, dimension) => product * Math.Max(dimension, 1));
        return elements <= long.MaxValue / 8 ? shape : throw refuse($": shape '{text}' has more elements than memory can address.");
    }

    /// <summary>Splits at a separator that is not inside single quotes.</summary>
    public static IEnumerable<string> SplitOutsideQuotes(string text, char separator) => SplitOutsideQuotes(text, c => c == separator);

    /// <inheritdoc cref="SplitOutsideQuotes(string, char)"/>
    public static IEnumerable<string> SplitOutsideQuotes(string text, Func<char, bool> separates)
    {
        int start = 0;
        bool quoted = false;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (!quoted && separates(text[i])))
            {
                yield return text[start..i];
                start = i + 1;
            }
            else if (text[i] == '\'')
            {
                quoted = !quoted;
            }
        }
    }

    /// <summary>
    /// Splits <c>name:rest</c> at the last colon, or after a quoted name, in which a doubled quote stands for one; the name is null
    /// where there is no colon.
    /// </summary>
    public static (string? Name, string Value) SplitName(string entry, Func<string, Exception> refuse)
    {
        if (entry.StartsWith('\''))
        {
            int end = entry.IndexOf('\'', 1);
            while (end >= 0 && end + 1 < entry.Length && entry[end + 1] == '\'')
            {
                end = entry.IndexOf('\'', end + 2);
            }

            if (end < 0 || end + 1 >= entry.Length || entry[end + 1] != ':')
            {
                throw refuse($": '{entry}' begins with a quote that is not closed before a colon; write 'NAME':VALUE.");
            }

            return (entry[1..end].Replace("''", "'", StringComparison.Ordinal), entry[(end + 2)..]);
        }

        int colon = entry.LastIndexOf(':');
        return colon < 0 ? (null, entry) : (entry[..colon], entry[(colon + 1)..]);
    }

    /// <summary>The name as <see cref="SplitName"/> reads it: quoted where it must be.</summary>
    public static string WriteName(string name) => name.Any(c => char.IsWhiteSpace(c) || c is ',' or ';' or '\'')
        ? $"'{name.Replace("'", "''", StringComparison.Ordinal)}'"
        : name;

    private static (string? Name, TensorShape Shape) ParseEntry(string entry, Func<string, Exception> refuse)
    {
        (string? name, string dimensions) = SplitName(entry, refuse);
        if (entry.Length == 0 || name is "" || dimensions.Length == 0)
        {
            throw refuse($": '{entry}' is no shape; write NAME:1x3x224x224, several separated by commas.");
        }

        return (name, ParseDimensions(dimensions, refuse));
    }
}
