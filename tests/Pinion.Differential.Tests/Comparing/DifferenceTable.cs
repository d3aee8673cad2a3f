using System.Globalization;
using System.IO.Enumeration;

namespace Pinion.Differential.Tests;

/// <summary>A row of differences.tsv.</summary>
/// <param name="Cases">Patterns of cases' names, with * for any characters, separated by spaces.</param>
/// <param name="What">What differs, as <see cref="Difference.What"/> says it.</param>
/// <param name="Level">The level of the SDKs that it holds for, or * for every one.</param>
/// <param name="IsMeant">Whether the host is to differ so; else it is wrong and to be mended.</param>
/// <param name="Reason">Why.</param>
internal sealed record DifferenceRow(string Cases, string What, string Level, bool IsMeant, string Reason)
{
    private readonly string[] _patterns = Cases.Split(' ');

    public bool Matches(Difference difference) => What == difference.What && Names(difference.Case);

    public bool Names(string name) => _patterns.Any(p => FileSystemName.MatchesSimpleExpression(p, name, ignoreCase: false));
}

/// <summary>The differences that are known: those that are meant, and those that are to be mended; and the cases that are not compared.</summary>
internal sealed class DifferenceTable
{
    public const string HeldOut = "held-out";
    public const string Meant = "meant";
    public const string ToMend = "to-mend";

    /// <summary>NVIDIA's answer depends on memory that it never wrote: the case is not compared, and the row needs to match nothing.</summary>
    public const string Chance = "chance";

    private readonly DifferenceRow[] _chances;

    /// <param name="level">The level of the SDKs that are compared: rows of other levels are left out.</param>
    /// <param name="lines">The lines of the file.</param>
    public DifferenceTable(string level, IReadOnlyList<string> lines)
    {
        Level = level;
        Lines = lines;
        string[][] fields = [.. lines.Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split('\t'))];
        ILookup<bool, DifferenceRow> rows = fields.Where(f => f[0] != HeldOut).Select(f => (IsChance: f is [_, "*", _, Chance, _], Row: ReadRow(f)))
            .Where(r => r.Row.Level == "*" || r.Row.Level == level).ToLookup(r => r.IsChance, r => r.Row);
        Rows = [.. rows[false]];
        _chances = [.. rows[true]];
        HeldOutAtLeast = double.Parse(fields.Single(f => f[0] == HeldOut)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>The level of the SDKs that are compared.</summary>
    public string Level { get; }

    /// <summary>As the file has them.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>Without those of chance.</summary>
    public IReadOnlyList<DifferenceRow> Rows { get; }

    /// <summary>How many of a hundred held-out cases must agree.</summary>
    public double HeldOutAtLeast { get; }

    public static DifferenceTable Read(string level) => new(level, File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Comparing", "differences.tsv")));

    public DifferenceRow? Find(Difference difference) => Rows.FirstOrDefault(r => r.Matches(difference));

    public bool IsChance(string name) => _chances.Any(r => r.Names(name));

    private static DifferenceRow ReadRow(string[] fields) => fields is [string cases, string what, string level, string kind, { Length: > 0 } reason] && (kind is Meant or ToMend || (kind == Chance && what == "*"))
        ? new DifferenceRow(cases, what, level, kind == Meant, reason)
        : throw new FormatException($"differences.tsv: '{string.Join('\t', fields)}' is not: cases, what, level, meant, to-mend or (of * alone) chance, reason");
}
