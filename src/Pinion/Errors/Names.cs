namespace Pinion;

/// <summary>Helps with a name that does not exist.</summary>
internal static class Names
{
    /// <summary>The end of a sentence: the nearest name, or all there are.</summary>
    internal static string Suggest(string name, IReadOnlyList<string> candidates)
    {
        if (candidates.Count == 0)
        {
            return ": there are none.";
        }

        string nearest = candidates.MinBy(c => Distance(name, c))!;
        return Distance(name, nearest) <= Math.Max(2, nearest.Length / 3)
            ? $"; did you mean '{nearest}'?"
            : $"; there are: {string.Join(", ", candidates.Select(c => $"'{c}'"))}.";
    }

    /// <summary>Edit distance, without regard to case.</summary>
    internal static int Distance(string left, string right)
    {
        int[] previous = [.. Enumerable.Range(0, right.Length + 1)];
        int[] current = new int[right.Length + 1];
        for (int i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int substitution = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(previous[j], current[j - 1]) + 1, previous[j - 1] + substitution);
            }

            (previous, current) = (current, previous);
        }

        return previous[right.Length];
    }
}
