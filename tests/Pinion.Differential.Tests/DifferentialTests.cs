using System.Diagnostics;

namespace Pinion.Differential.Tests;

/// <summary>The host SDK refuses what NVIDIA's refuses and takes what it takes; what differs stands in differences.tsv.</summary>
[Category("Rtx")]
public sealed class DifferentialTests
{
    private const string Level = "rtx-1.6.1";

    /// <summary>Set to anything, the report lists the held-out cases too: for who measures, not for who mends.</summary>
    private const string ShowAllVariable = "PINION_DIFFERENTIAL_ALL";

    private static readonly Lazy<(Comparison Comparison, DifferenceTable Table)> Asked = new(Ask);

    private static string Artifacts => Path.Combine(Child.RepositoryRoot, "artifacts");

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

    private static string ReportFile => Path.Combine(Artifacts, "differential", "differences.md");

    private static (Comparison Comparison, DifferenceTable Table) Ask()
    {
        string nvidiaLibraries = Path.Combine(Artifacts, "native", "lib");
        string hostLibraries = Path.Combine(Artifacts, "build", $"host-{Level}", "native", "src");
        Require(nvidiaLibraries, "rtx", "./build.sh rtx --sdk DIR");
        Require(hostLibraries, "host", $"./build.sh build --tensorrt {Level}");

        var table = DifferenceTable.Read(Level);
        IReadOnlyList<Answer> nvidia = Timed("rtx", nvidiaLibraries);
        IReadOnlyList<Answer> host = Timed("host", hostLibraries);
        var comparison = new Comparison(Cases.All, nvidia, host, table);
        Directory.CreateDirectory(Path.GetDirectoryName(ReportFile)!);
        File.WriteAllText(ReportFile, comparison.Report(Environment.GetEnvironmentVariable(ShowAllVariable) is { Length: > 0 }));
        TestContext.Progress.WriteLine(comparison.Summary);
        return (comparison, table);
    }

    private static IReadOnlyList<Answer> Timed(string sdk, string libraries)
    {
        var asked = Stopwatch.StartNew();
        IReadOnlyList<Answer> answers = new Asker(sdk, libraries).Ask(Cases.All);
        TestContext.Progress.WriteLine($"{sdk}: {string.Join(", ", answers.CountBy(a => a.Verdict).OrderBy(v => v.Key).Select(v => $"{v.Value} {v.Key}"))} in {asked.Elapsed.TotalSeconds:F0} s");
        return answers;
    }

    private static void Require(string folder, string sdk, string command)
    {
        string library = OperatingSystem.IsWindows() ? $"pinion_{sdk}.dll" : $"libpinion_{sdk}.{(OperatingSystem.IsMacOS() ? "dylib" : "so")}";
        if (!Directory.Exists(folder) || !File.Exists(Path.Combine(folder, library)))
        {
            Assert.Ignore($"no {library} in {folder}: {command} builds it");
        }
    }
}
