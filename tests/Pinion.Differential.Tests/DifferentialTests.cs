using System.Diagnostics;

namespace Pinion.Differential.Tests;

/// <summary>The host SDK refuses what NVIDIA's refuses and takes what it takes; what differs stands in differences.tsv.</summary>
[Category("Rtx")]
public sealed class DifferentialTests
{
    /// <summary>Set to anything, the report lists the held-out cases too: for who measures, not for who mends.</summary>
    private const string ShowAllVariable = "PINION_DIFFERENTIAL_ALL";

    private static readonly Lazy<(Comparison Comparison, DifferenceTable Table)> Asked = new(Ask);

    [Test]
    public void Every_difference_is_known()
    {
        (Comparison comparison, _) = Asked.Value;

        IEnumerable<Difference> strange = comparison.Visible.Where(d => comparison.Known[d.Case] is null);

        Assert.That(strange, Is.Empty, $"{comparison.Summary}; all are in {ReportFile}");
    }

    [Test]
    public void Every_row_of_the_table_matches_a_difference()
    {
        (Comparison comparison, DifferenceTable table) = Asked.Value;

        Assert.That(table.Rows.Except(comparison.Known.Values.OfType<DifferenceRow>()), Is.Empty, "what was mended goes out of the table");
    }

    [Test]
    public void The_held_out_cases_agree_as_much_as_before()
    {
        (Comparison comparison, DifferenceTable table) = Asked.Value;

        Assert.That(comparison.HeldOutAgreement, Is.GreaterThanOrEqualTo(table.HeldOutAtLeast));
    }

    private static string Folder { get; } = Path.Combine(Libraries.Artifacts, "differential");

    private static string ReportFile => Path.Combine(Folder, "differences.md");

    /// <summary>The table as it would be if what differs now were to be mended later.</summary>
    private static string ProposalFile => Path.Combine(Folder, "differences.tsv");

    private static (Comparison Comparison, DifferenceTable Table) Ask()
    {
        if (Libraries.Missing is { } missing)
        {
            Assert.Ignore(missing);
        }

        var table = DifferenceTable.Read(Libraries.Level);
        var comparison = new Comparison(
            Cases.All,
            Timed(Libraries.Nvidia, Libraries.Remembered.Ask),
            Timed(Libraries.Host, (host, cases) => host.Ask(cases)),
            table);
        File.WriteAllText(ReportFile, comparison.Report(Environment.GetEnvironmentVariable(ShowAllVariable) is { Length: > 0 }));
        File.WriteAllLines(ProposalFile, ProposedTable.Lines(comparison, table));
        TestContext.Progress.WriteLine(comparison.Summary);
        return (comparison, table);
    }

    private static IReadOnlyList<Answer> Timed(Asker asker, Func<Asker, IReadOnlyList<Case>, IReadOnlyList<Answer>> ask)
    {
        var asked = Stopwatch.StartNew();
        IReadOnlyList<Answer> answers = ask(asker, Cases.All);
        TestContext.Progress.WriteLine($"{asker}: {string.Join(", ", answers.CountBy(a => a.Verdict).OrderBy(v => v.Key).Select(v => $"{v.Value} {v.Key}"))} in {asked.Elapsed.TotalSeconds:F0} s");
        return answers;
    }
}
