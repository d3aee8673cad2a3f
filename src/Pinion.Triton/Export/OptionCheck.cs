using System.Globalization;
using System.Text.RegularExpressions;

namespace Pinion.Triton;

/// <summary>Checks of options; what is wrong is an <see cref="ExportOptionException"/>.</summary>
internal static class OptionCheck
{
    public static void InRange(string option, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            throw new ExportOptionException(option, string.Create(CultureInfo.InvariantCulture, $"{value} is out of range; {min} to {max} is possible."));
        }
    }

    public static void Matches(string option, string? text, Regex pattern, string form)
    {
        if (text is not null && !pattern.IsMatch(text))
        {
            throw new ExportOptionException(option, $"'{text}' must be {form}.");
        }
    }
}
