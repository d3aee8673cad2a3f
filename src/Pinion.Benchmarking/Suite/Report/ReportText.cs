using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>Figures as reports write them.</summary>
internal static class ReportText
{
    public static string Ms(double value) => value.ToString(value < 10 ? "F4" : "F3", CultureInfo.InvariantCulture);
}
