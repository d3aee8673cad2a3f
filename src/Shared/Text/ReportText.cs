using System.Globalization;

namespace Pinion;

/// <summary>Figures as reports and tables write them.</summary>
internal static class ReportText
{
    /// <summary>Where there is no figure.</summary>
    public const string None = "–";

    public static string Ms(double? value) => value is { } ms ? ms.ToString(Math.Abs(ms) < 10 ? "F4" : "F3", CultureInfo.InvariantCulture) : None;
}
