using System.Globalization;

namespace Pinion.Cli;

/// <summary>One entry of a shape list; the name is null where only a shape was given (a model with one input).</summary>
internal readonly record struct NamedShape(string? Name, long[] Dimensions);

/// <summary>Reads shape lists in trtexec's grammar: <c>x:1x3x224x224,'Input:0':1x10</c>.</summary>
internal static class ShapeText
{
    public const int MaxRank = 8;

    /// <summary>Reads a comma-separated list; <paramref name="option"/> is named in errors.</summary>
    public static List<NamedShape> ParseList(string text, string option)
    {
        var shapes = new List<NamedShape>();
        foreach (string entry in SplitOutsideQuotes(text, ','))
        {
            NamedShape shape = ParseEntry(entry.Trim(), option);
            if (shapes.Any(other => other.Name == shape.Name))
            {
                throw new UsageException(shape.Name is null
                    ? $"{option} '{text}' has several shapes without a name; write NAME:1x3x224x224 for each input."
                    : $"{option} '{text}' gives the shape of '{shape.Name}' twice.");
            }
            shapes.Add(shape);
        }
        return shapes;
    }

    /// <summary>Reads <c>1x3x224x224</c> or <c>scalar</c>.</summary>
    public static long[] ParseDimensions(string text, string option)
    {
        if (text == "scalar")
        {
            return [];
        }
        string[] parts = text.Split(['x', 'X']);
        if (parts.Length > MaxRank)
        {
            throw new UsageException($"{option}: shape '{text}' has {parts.Length} dimensions; TensorRT's limit is {MaxRank}.");
        }
        long[] dimensions = new long[parts.Length];
        Int128 elements = 1;
        for (int i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out dimensions[i]) || dimensions[i] > int.MaxValue)
            {
                throw new UsageException(
                    $"{option}: '{parts[i]}' in shape '{text}' is no dimension; write whole numbers from 0 to {int.MaxValue} joined by x, such as 1x3x224x224.");
            }
            elements *= Math.Max(dimensions[i], 1);
        }
        return elements <= long.MaxValue / 8 ? dimensions : throw new UsageException($"{option}: shape '{text}' has more elements than memory can address.");
    }

    /// <summary>Splits at a separator that is not inside single quotes.</summary>
    internal static IEnumerable<string> SplitOutsideQuotes(string text, char separator)
    {
        int start = 0;
        bool quoted = false;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == separator && !quoted))
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

    /// <summary>Splits <c>name:rest</c> at the last colon, or after a quoted name; the name is null where there is no colon.</summary>
    internal static (string? Name, string Value) SplitName(string entry, string option)
    {
        if (entry.StartsWith('\''))
        {
            int end = entry.IndexOf('\'', 1);
            if (end < 0 || end + 1 >= entry.Length || entry[end + 1] != ':')
            {
                throw new UsageException($"{option}: '{entry}' begins with a quote that is not closed before a colon; write 'NAME':VALUE.");
            }
            return (entry[1..end], entry[(end + 2)..]);
        }
        int colon = entry.LastIndexOf(':');
        return colon < 0 ? (null, entry) : (entry[..colon], entry[(colon + 1)..]);
    }

    private static NamedShape ParseEntry(string entry, string option)
    {
        (string? name, string dimensions) = SplitName(entry, option);
        if (entry.Length == 0 || name is "" || dimensions.Length == 0)
        {
            throw new UsageException($"{option}: '{entry}' is no shape; write NAME:1x3x224x224, several separated by commas.");
        }
        return new NamedShape(name, ParseDimensions(dimensions, option));
    }
}
