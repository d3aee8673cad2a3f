using System.Globalization;
using System.Text;

namespace Pinion.Differential.Tests;

/// <summary>Both SDKs' answers to all cases.</summary>
internal sealed class Comparison
{
    public Comparison(IReadOnlyList<Case> cases, IReadOnlyList<Answer> nvidia, IReadOnlyList<Answer> host, DifferenceTable table)
    {
        Cases = [.. cases.Where(c => !table.IsChance(c.Name))];
        Differences = [.. cases.Select((c, i) => table.IsChance(c.Name) ? null : Difference.Between(c.Name, nvidia[i], host[i])).OfType<Difference>()];
        HeldOut = [.. Cases.Where(c => c.IsHeldOut).Select(c => c.Name)];
        Known = Differences.ToDictionary(d => d.Case, table.Find);
    }

    /// <summary>What was asked and is compared: not what is a chance's.</summary>
    public IReadOnlyList<Case> Cases { get; }

    /// <summary>Of all cases.</summary>
    public IReadOnlyList<Difference> Differences { get; }

    /// <summary>The row of the table that each difference stands in, or null.</summary>
    public IReadOnlyDictionary<string, DifferenceRow?> Known { get; }

    private HashSet<string> HeldOut { get; }

    /// <summary>Those that anybody may look at.</summary>
    public IEnumerable<Difference> Visible => Differences.Where(d => !HeldOut.Contains(d.Case));

    /// <summary>How many of a hundred held-out cases agree, or differ as they are meant to.</summary>
    public double HeldOutAgreement => Agreement(isHeldOut: true, MeantToo);

    public string Summary => string.Create(CultureInfo.InvariantCulture,
        $"{Cases.Count} models: {Agreement(false, Alike):F1} % of the visible four fifths agree, {Agreement(false, MeantToo):F1} % with the differences that are meant; "
        + $"{Agreement(true, Alike):F1} % and {HeldOutAgreement:F1} % of the held-out fifth");

    /// <summary>The differences that may be read, those of one kind together.</summary>
    public string Report(bool all)
    {
        StringBuilder text = new StringBuilder().AppendLine("# Differences between NVIDIA's SDK and the host's").AppendLine().AppendLine(Summary).AppendLine();
        Difference[] listed = [.. (all ? Differences : Visible).Where(d => Known[d.Case] is not { IsMeant: true })];
        text.AppendLine("## In short: how many, what, why, where").AppendLine();
        foreach (IGrouping<(string What, string Cause), Difference> kind in listed.GroupBy(d => (d.What, d.Cause)).OrderByDescending(k => k.Count()))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"- {kind.Count()} {kind.Key.What}: {kind.Key.Cause} ({string.Join(", ", kind.Select(d => Family(d.Case)).Distinct())}; {kind.First().Case})");
        }

        text.AppendLine();
        foreach (IGrouping<(string Family, string What), Difference> kind in listed.GroupBy(d => (Family(d.Case), d.What)).OrderByDescending(k => k.Count()))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"## {kind.Key.Family}, {kind.Key.What}: {kind.Count()}").AppendLine();
            foreach (Difference difference in kind)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"- {difference}");
            }

            text.AppendLine();
        }

        return text.ToString();
    }

    private static string Family(string name) => name[..name.IndexOf('/')];

    private static bool Alike(Difference difference) => false;

    private bool MeantToo(Difference difference) => Known[difference.Case] is { IsMeant: true };

    private double Agreement(bool isHeldOut, Func<Difference, bool> isAlike)
    {
        int asked = Cases.Count(c => c.IsHeldOut == isHeldOut);
        return 100.0 * (asked - Differences.Count(d => HeldOut.Contains(d.Case) == isHeldOut && !isAlike(d))) / Math.Max(asked, 1);
    }
}
