namespace Pinion.Fp16;

/// <summary>
/// Searches the smallest set of suspects that must be kept: suspects are added in their order until a trial passes, bisection finds how many of the first are needed,
/// and halves of these are left out as long as what remains passes, as in QuickXplain (Junker, 2004); at last each alone. Each set is tried once.
/// </summary>
/// <param name="passes">Tries a set.</param>
/// <param name="maxTrials">How many sets are tried at most.</param>
internal sealed class SuspectSearch(Func<IReadOnlyList<string>, bool> passes, int maxTrials)
{
    private readonly Dictionary<string, bool> _tried = new(StringComparer.Ordinal);
    private IReadOnlyList<string>? _best;

    /// <summary>Sets that were tried.</summary>
    public int Trials => _tried.Count;

    /// <summary>Whether the search ended before it knew that no smaller set would do.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>The smallest set that passed; null where not even all suspects do.</summary>
    /// <param name="tiers">Suspects, the likeliest first; each tier is added to those before it where they do not suffice.</param>
    public IReadOnlyList<string>? Find(IEnumerable<IReadOnlyList<string>> tiers)
    {
        var suspects = new List<string>();
        foreach (IReadOnlyList<string> tier in tiers)
        {
            string[] added = [.. tier.Where(s => !suspects.Contains(s)).Distinct()];
            suspects.AddRange(added);
            if (added.Length > 0 && Try(suspects))
            {
                Shrink(suspects);
                return _best;
            }
        }

        return null;
    }

    private void Shrink(List<string> suspects)
    {
        int fails = 0;
        int enough = suspects.Count;
        while (enough - fails > 1 && !IsCutShort)
        {
            int middle = (fails + enough) / 2;
            if (Try(suspects[..middle]))
            {
                enough = middle;
            }
            else
            {
                fails = middle;
            }
        }

        List<string> needed = Needed([], suspects[..enough], isNew: false);
        // More nodes are not always better than fewer, so what is left may not have been a trial of its own, nor what is left without each of it.
        Try(needed);
        bool isSmaller = true;
        while (isSmaller && _best is { Count: > 1 } best && !IsCutShort)
        {
            isSmaller = best.Any(spared => Try([.. best.Where(s => s != spared)]));
        }
    }

    /// <summary>Those of the candidates that are needed beside a background.</summary>
    private List<string> Needed(List<string> background, List<string> candidates, bool isNew)
    {
        if (isNew && background.Count > 0 && Try(background))
        {
            return [];
        }

        if (candidates.Count == 1 || IsCutShort)
        {
            return candidates;
        }

        int half = candidates.Count / 2;
        List<string> first = candidates[..half];
        List<string> second = Needed([.. background, .. first], candidates[half..], isNew: true);
        first = Needed([.. background, .. second], first, isNew: second.Count > 0);
        return [.. first, .. second];
    }

    private bool Try(List<string> kept)
    {
        string key = string.Join('\n', kept.Order(StringComparer.Ordinal));
        if (_tried.TryGetValue(key, out bool passed))
        {
            return passed;
        }

        if (_tried.Count >= maxTrials)
        {
            IsCutShort = true;
            return false;
        }

        passed = passes(kept);
        _tried.Add(key, passed);
        _best = passed && (_best is null || kept.Count < _best.Count) ? [.. kept] : _best;
        return passed;
    }
}
