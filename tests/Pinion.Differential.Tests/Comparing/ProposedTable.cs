using System.Globalization;
using System.IO.Enumeration;

namespace Pinion.Differential.Tests;

/// <summary>The table as it would be with every difference that is not meant to be mended later: what is mended goes out of it by itself.</summary>
internal static class ProposedTable
{
    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["accepted/parse"] = "the host's parser refuses what NVIDIA's takes",
        ["accepted/build"] = "the host's builder refuses what NVIDIA's takes",
        ["accepted/crashed"] = "the host crashes of what NVIDIA's takes",
        ["accepted/timedout"] = "the host takes too long for what NVIDIA's takes",
        ["parse/accepted"] = "the host takes what NVIDIA's parser refuses",
        ["parse/build"] = "the host's parser takes what NVIDIA's refuses, and its builder does not",
        ["parse/crashed"] = "the host crashes of what NVIDIA's parser refuses",
        ["build/accepted"] = "the host takes what NVIDIA's builder refuses",
        ["build/parse"] = "the host's parser refuses what only NVIDIA's builder refuses",
        ["build/crashed"] = "the host crashes of what NVIDIA's builder refuses",
        ["node"] = "the host blames another node, or none",
        ["inputs"] = "the host describes the inputs otherwise",
        ["outputs"] = "the host describes the outputs otherwise",
    };

    /// <summary>Its lines.</summary>
    public static IEnumerable<string> Lines(Comparison comparison, DifferenceTable table)
    {
        string[] visible = [.. comparison.Cases.Where(c => !c.IsHeldOut).Select(c => c.Name)];
        foreach (string line in table.Lines.Where(l => !l.Contains($"\t{DifferenceTable.ToMend}\t", StringComparison.Ordinal)))
        {
            yield return line.StartsWith($"{DifferenceTable.HeldOut}\t", StringComparison.Ordinal)
                ? string.Create(CultureInfo.InvariantCulture, $"{DifferenceTable.HeldOut}\t{Math.Floor(10 * comparison.HeldOutAgreement) / 10}")
                : line;
        }

        Difference[] wrong = [.. comparison.Visible.Where(d => comparison.Known[d.Case] is not { IsMeant: true })];
        foreach (IGrouping<string, Difference> kind in wrong.GroupBy(d => d.What).OrderBy(k => k.Key, StringComparer.Ordinal))
        {
            string[] names = [.. kind.Select(d => d.Case)];
            foreach (IGrouping<string, string> row in Patterns(names, visible).GroupBy(p => p.Split('/')[0]).OrderBy(r => r.Key, StringComparer.Ordinal))
            {
                yield return string.Join('\t', string.Join(' ', row.Order(StringComparer.Ordinal)), kind.Key, table.Level, DifferenceTable.ToMend, Reasons.GetValueOrDefault(kind.Key, "not looked into yet"));
            }
        }
    }

    /// <summary>The rows of cases that NVIDIA's library answers one way or the other.</summary>
    public static IEnumerable<string> Chances(IReadOnlyList<Case> cases, IReadOnlyList<IReadOnlyList<Answer>> askings, string level)
    {
        bool Differ(string name, IEnumerable<Answer> answers) => answers.Any(a => Difference.Between(name, answers.First(), a) is not null);
        // Whether one is in time depends on what else the machine does.
        string[] names = [.. cases.Where((c, i) => Differ(c.Name, askings.Select(a => a[i]).Where(a => a.Verdict != Verdict.TimedOut))).Select(c => c.Name)];
        return Patterns(names, [.. cases.Select(c => c.Name)]).GroupBy(p => p.Split('/')[0]).OrderBy(r => r.Key, StringComparer.Ordinal)
            .Select(row => string.Join('\t', string.Join(' ', row.Order(StringComparer.Ordinal)), "*", level, DifferenceTable.Chance, "NVIDIA's answer depends on memory that it never wrote"));
    }

    /// <summary>The fewest words that name these cases and no other: of one operator, of one example at every opset, one by one.</summary>
    private static List<string> Patterns(IReadOnlyList<string> names, IReadOnlyList<string> visible)
    {
        var patterns = new List<string>();
        HashSet<string> wanted = [.. names];
        HashSet<string> left = [.. names];
        foreach (Func<string[], string> form in new Func<string[], string>[] { p => $"{p[0]}/*", p => $"{p[0]}/*/{p[^1]}", p => string.Join('/', p) })
        {
            foreach (string pattern in left.Select(n => form(n.Split('/'))).Distinct().ToArray())
            {
                string[] matched = [.. visible.Where(v => FileSystemName.MatchesSimpleExpression(pattern, v, ignoreCase: false))];
                if (matched.Length > 0 && matched.All(wanted.Contains))
                {
                    patterns.Add(pattern);
                    left.ExceptWith(matched);
                }
            }
        }

        return patterns;
    }
}
