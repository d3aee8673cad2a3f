using System.Text.RegularExpressions;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>Every command that prints a table, in terminals of several widths.</summary>
[Platform("Linux")]
public sealed partial class TerminalTests
{
    private static readonly int[] Widths = [60, 80, 100, 120, 200];

    [Test]
    public void The_zoos_list_is_whole() => CheckSame(["zoo", "list"], keys: 1, 12);

    /// <summary>The names of the GPUs are prose, which wraps.</summary>
    [Test]
    public void The_targets_are_whole() => Tables(60, 1, ["targets"]);

    [Test]
    public void A_network_of_the_zoo_is_whole() => CheckSame(["zoo", "show", "DPN68"], keys: 1, 7, 8);

    /// <summary>How much memory is free changes from one moment to the next.</summary>
    [Test]
    public void The_doctors_devices_are_whole() => CheckFigures(["doctor"], keys: 1, "device name SM memory free SMs clock bus", @"^\d+(\.\d+|MiB|MHz)?$", 2);

    [Test]
    public void A_plan_is_whole() => CheckSame(["inspect", Workbench.AddOnePlan], keys: 1, 4, 5);

    [Test]
    public void The_layers_of_a_plan_are_whole()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("build", Workbench.Static, "-o", folder["told.plan"], "--profiling-verbosity", "detailed").Exits(0);
        CliResult told = Cli.Run("inspect", folder["told.plan"], "--layers");
        if (told.ExitCode == 1 && told.Errors.Contains("8.2", StringComparison.Ordinal))
        {
            Assert.Ignore("this TensorRT has no inspector");
        }

        CheckSame(["inspect", folder["told.plan"], "--layers"], keys: 1, 5);
        CheckSame(["inspect", folder["told.plan"], "--memory"], keys: 1, 2);
    }

    /// <summary>Paths are folded where they do not fit.</summary>
    [Test]
    public void A_manifests_summary_is_whole()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllText(folder["m.json"], $$"""{ "cache": "c", "builds": [ { "model": "{{Workbench.Static}}", "output": "static.plan" } ] }""");
        foreach (int width in Widths)
        {
            Assert.That(Tables(width, 2, ["build", "--manifest", folder["m.json"]]), Is.Not.Empty);
        }
    }

    [Test]
    public void A_difference_of_plans_is_whole()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("build", Workbench.AddOne, "-o", folder["a.plan"], "--profile", "x:min=1x4,opt=4x4,max=8x4").Exits(0);
        Cli.Run("build", Workbench.AddOne, "-o", folder["b.plan"], "--profile", "x:min=1x4,opt=2x4,max=16x4", "--tf32").Exits(0);
        CheckSame(["diff", folder["a.plan"], folder["b.plan"]], keys: 3, 5);
    }

    [Test]
    public void A_cache_is_whole()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("build", Workbench.Static, "--cache", folder["engines"]).Exits(0);
        CheckSame(["cache", "list", folder["engines"]], keys: 1, 8);
    }

    [Test]
    public void A_run_is_whole()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        CheckSame(["run", Workbench.AddOnePlan, "--output-dir", folder["a-folder/whose-name-is-long"]], keys: 2, 8);
    }

    [Test]
    public void Measurements_are_whole() => CheckFigures(
        ["bench", Workbench.AddOnePlan, "--batch", "1,8", "--duration", "0", "--warm-up", "0", "--iterations", "100"], keys: 1,
        "batch runs latencyms p90 p95 p99 qps rows/s compute H2D D2H enqueue wall wallp99 firstrun", @"^\d+(\.\d+)?$", 0);

    /// <summary>The live table while it runs, and the one that stays; then the comparison of the run with itself.</summary>
    [Test]
    public void A_suite_and_its_comparison_are_whole()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        SuiteBench.Run(folder["run"], "--models", SuiteBench.AddOne, "--batch", "1,3").Command.Exits(0);
        CheckSame(["suite", "--resume", "-o", folder["run"]], keys: 1, 7);
        CheckSame(["suite", "diff", folder["run"], folder["run"]], keys: 3, 9);
    }

    /// <summary>At every width the tables have the cells that they have in the widest window, where each is one table of so many columns.</summary>
    private static void CheckSame(string[] args, int keys, params int[] columns)
    {
        IReadOnlyList<TerminalTable> widest = Tables(Widths[^1], keys, args);
        Assert.That(widest.Select(t => t.Headings.Count), Is.SupersetOf(columns));
        foreach (int width in Widths[..^1])
        {
            IReadOnlyList<TerminalTable> tables = Tables(width, keys, args);
            foreach (TerminalTable whole in widest)
            {
                foreach ((string heading, int column) in whole.Headings.Select((h, i) => (h, i)).Skip(keys))
                {
                    IEnumerable<string> wanted = whole.Rows.Select(r => string.Join('|', [.. r[..keys], r[column]]));
                    IEnumerable<string[]> found = tables
                        .Where(t => t.Headings.Take(keys).SequenceEqual(whole.Headings.Take(keys)) && t.Headings.Contains(heading))
                        .Select(t => t.Rows.Select(r => string.Join('|', [.. r[..keys], r[t.Headings.ToList().LastIndexOf(heading)]])).ToArray());
                    Assert.That(found.Any(wanted.SequenceEqual), Is.True, $"{heading} at {width} columns");
                }
            }
        }
    }

    private static void CheckFigures(string[] args, int keys, string headings, string figure, int text)
    {
        foreach (int width in Widths)
        {
            IReadOnlyList<TerminalTable> tables = Tables(width, keys, args);
            Assert.That(tables.SelectMany((t, i) => t.Headings.Skip(i == 0 ? 0 : keys)), Is.EqualTo(headings.Split(' ')), $"{width} columns");
            IEnumerable<string> cells = tables.SelectMany(t => t.Rows).SelectMany(r => r);
            Assert.That(cells, Has.None.Empty);
            Assert.That(cells.Count(c => !Regex.IsMatch(c, figure)), Is.EqualTo(text), $"numbers at {width} columns");
        }
    }

    private static IReadOnlyList<TerminalTable> Tables(int width, int keys, string[] args)
    {
        string text = Cli.RunInTerminal(width, args).Exits(0).Output;
        Assert.That(text, Does.Not.Contain("…"));
        foreach (string line in text.Split('\n').Where(l => BoxDrawing().IsMatch(l)))
        {
            Assert.That(line.TrimEnd(), Has.Length.LessThanOrEqualTo(width).And.Match("^[╭├╰│].*[╮┤╯│]$"));
        }

        // A live table begins without rows.
        return [.. TerminalTable.Read(text, keys).Where(t => t.Rows.Count > 0)];
    }

    [GeneratedRegex("[─-╿]")]
    private static partial Regex BoxDrawing();
}
