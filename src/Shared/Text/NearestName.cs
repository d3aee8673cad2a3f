namespace Pinion;

/// <summary>Finds the name the user probably meant.</summary>
internal static class NearestName
{
    /// <summary>A sentence that helps: the nearest name, or all names where none is near.</summary>
    public static string Hint(string wrong, IReadOnlyCollection<string> names)
    {
        if (names.Count == 0)
        {
            return "There is none.";
        }

        string? nearest = Find(wrong, names);
        string all = names.Count <= 8 ? string.Join(", ", names.Select(Quote)) : string.Join(", ", names.Take(8).Select(Quote)) + $" and {names.Count - 8} more";
        return nearest is null ? $"There is {all}." : $"Did you mean {Quote(nearest)}?" + (names.Count == 1 ? "" : $" There is {all}.");
    }

    /// <summary>The name with the fewest edits, where those are at most half of the longer one; else null.</summary>
    public static string? Find(string wrong, IEnumerable<string> names)
    {
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string name in names)
        {
            // The dashes of options are alike in all of them; the beginning of a name means that name.
            string given = wrong.TrimStart('-');
            string candidate = name.TrimStart('-');
            bool begins = given.Length >= 3 && candidate.StartsWith(given, StringComparison.OrdinalIgnoreCase);
            int distance = begins ? 1 : Distance(given, candidate);
            if (distance < bestDistance && distance * 2 < Math.Max(given.Length, candidate.Length) + 1)
            {
                (best, bestDistance) = (name, distance);
            }
        }

        return best;
    }

    private static string Quote(string name) => $"'{name}'";

    /// <summary>Edits between two names, letter case ignored.</summary>
    internal static int Distance(string a, string b)
    {
        int[] previous = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = previous[j - 1] + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                current[j] = Math.Min(replace, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
