using System.Globalization;

namespace Pinion.Cli;

/// <summary>Plans of a cache as its commands write them.</summary>
internal static class CacheText
{
    private const int KeyDigits = 12;

    /// <summary>As much of a key as tells it from others.</summary>
    public static string Key(string key) => key[..KeyDigits];

    /// <summary>In UTC: the machines that share a cache may be anywhere, and rules of time zones take time to read.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    public static string Bytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes");

    /// <summary>Damaged entries and what is not the cache's, a line for each.</summary>
    public static void SayProblems(Terminal terminal, CacheCheck check)
    {
        foreach (CacheProblem problem in check.Problems)
        {
            terminal.Say($"damaged: {Key(problem.Key)}: {problem.Problem}; the next build of it replaces it, and so does pinion cache prune");
        }

        if (check.Strangers.Count > 0)
        {
            terminal.Say($"not of the cache: {string.Join(", ", check.Strangers)}");
        }
    }

    public static IReadOnlyList<CacheProblemFacts> Facts(IReadOnlyList<CacheProblem> problems) => [.. problems.Select(p => new CacheProblemFacts(p.Key, p.Problem))];

    public static IReadOnlyList<CacheEntryFacts> Facts(IReadOnlyList<CacheEntry> entries) => [.. entries.Select(CacheEntryFacts.Of)];
}
