using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>Figures as reports write them.</summary>
internal static class ReportText
{
    /// <summary>Where there is no figure.</summary>
    public const string None = "–";

    public static string Ms(double value) => value.ToString(value < 10 ? "F4" : "F3", CultureInfo.InvariantCulture);
}
