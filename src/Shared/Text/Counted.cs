using System.Globalization;

namespace Pinion;

/// <summary>Counts with their nouns. Its source is part of every assembly that counts for readers.</summary>
internal static class Counted
{
    /// <summary>Such as <c>1 cell</c> and <c>2 cells</c>; for nouns whose plural ends in s.</summary>
    public static string Of(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");
}
