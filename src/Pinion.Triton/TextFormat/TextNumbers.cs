using System.Globalization;
using System.Text.RegularExpressions;

namespace Pinion.Triton;

/// <summary>The forms that numbers have in the text format, without their signs.</summary>
internal static partial class TextNumbers
{
    public static bool IsNumber(string literal) => IntegerPattern().IsMatch(literal) || FloatPattern().IsMatch(literal);

    /// <summary>The value of a whole number; false for one with a fraction, and for one that 64 bits do not hold.</summary>
    public static bool TryInteger(string literal, out ulong value)
    {
        value = 0;
        if (!IntegerPattern().IsMatch(literal))
        {
            return false;
        }

        if (literal.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(literal.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        if (literal[0] != '0')
        {
            return ulong.TryParse(literal, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }

        foreach (char digit in literal)
        {
            if (value > ulong.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }

    [GeneratedRegex("^(?:0|[1-9][0-9]*|0[0-7]+|0[xX][0-9a-fA-F]+)\\z", RegexOptions.CultureInvariant)]
    private static partial Regex IntegerPattern();

    [GeneratedRegex("^(?:(?:(?:0|[1-9][0-9]*)\\.[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?:0|[1-9][0-9]*)[eE][+-]?[0-9]+|(?:0|[1-9][0-9]*)(?=[fF]))[fF]?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex FloatPattern();
}
