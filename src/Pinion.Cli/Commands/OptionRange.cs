using System.Globalization;

namespace Pinion.Cli;

/// <summary>Checks of numbers on the command line.</summary>
internal static class OptionRange
{
    /// <exception cref="UsageException">The value is outside.</exception>
    public static double Check(double value, double min, double max, string option, string unit) =>
        value >= min && value <= max
            ? value
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{option} {value} is out of range; {min} to {max}{unit} is possible."));
}
