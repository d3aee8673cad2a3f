using System.Text.Json;
using System.Text.RegularExpressions;
using Pinion.TestSupport;

namespace Pinion.Benchmarking.Tests;

public sealed partial class HtmlReportTests
{
    private const string Hostile = "</script><img src=x onerror=alert(1)><!-- {{script}} & \u2028";

    [Test]
    public void Is_one_file_that_asks_for_no_other()
    {
        using var folder = new TemporaryFolder();
        HtmlReport.Write(ReportFixture.Full(), folder.Path);
        Assert.That(folder.Files(), Is.EqualTo(["report.html"]));
        string page = File.ReadAllText(folder["report.html"]);
        Assert.That(page, Does.StartWith("<!DOCTYPE html>"));
        Assert.That(page, Does.Not.Contain("sourceMappingURL"));
        Assert.That(References().Matches(page).Select(m => m.Groups[1].Value), Is.All.StartsWith("#"));
        Assert.That(page, Does.Contain("default-src 'none'"));
    }

    [Test]
    public void Carries_the_chart_librarys_licence()
    {
        RequireChartLibrary();
        string page = HtmlReport.Page(ReportFixture.Small());
        Assert.That(page, Does.Contain("The MIT License (MIT)").And.Contain("Chart.js Contributors").And.Contain("THE SOFTWARE IS PROVIDED \"AS IS\""));
    }

    /// <summary>Skips the test where the program was built without charts.</summary>
    internal static void RequireChartLibrary()
    {
        if (HtmlReport.ChartLibrary.Length == 0)
        {
            Assert.Ignore("The suite's report was built without its chart library: install npm and run ./build.sh.");
        }
    }

    [Test]
    public void Holds_the_results_whole()
    {
        SuiteResults results = ReportFixture.Full();
        SuiteResults read = JsonSerializer.Deserialize(Embedded(HtmlReport.Page(results)), SuiteForms.Default.SuiteResults)!;
        Assert.That(read.Cells, Has.Count.EqualTo(results.Cells.Count));
        Assert.That(read.Cells[5].Modes[0].LatencyMs, Is.EqualTo(results.Cells[5].Modes[0].LatencyMs));
        Assert.That(read.Environment, Is.EqualTo(results.Environment));
    }

    [Test]
    public void Names_cannot_leave_the_data()
    {
        SuiteResults results = ReportFixture.Small();
        SuiteModel model = results.Models[0] with { Name = Hostile, Title = Hostile, Family = Hostile };
        SuiteCell cell = ReportFixture.Failed(results.Cells[0] with { Model = Hostile }, CellStatus.Failed, Hostile);
        string page = HtmlReport.Page(results with { Models = [model], Cells = [cell] });

        // Three scripts close, as in a page of harmless names.
        Assert.That(Regex.Count(page, "</script", RegexOptions.IgnoreCase), Is.EqualTo(Regex.Count(HtmlReport.Page(results), "</script", RegexOptions.IgnoreCase)));
        Assert.That(page, Does.Not.Contain("<img").And.Not.Contain("\u2028"));
        string data = Embedded(page);
        Assert.That(data, Does.Not.Contain('<').And.Not.Contain('>').And.Not.Contain('&'));
        SuiteResults read = JsonSerializer.Deserialize(data, SuiteForms.Default.SuiteResults)!;
        Assert.That(read.Models[0].Title, Is.EqualTo(Hostile));
        Assert.That(read.Cells[0].Problem, Is.EqualTo(Hostile));
    }

    [Test]
    public void The_policy_names_the_hash_of_each_script_and_style()
    {
        string page = HtmlReport.Page(ReportFixture.Small());
        string policy = Regex.Match(page, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;
        string[] bodies = [.. Regex.Matches(page, "<(?:script|style)>(.*?)</(?:script|style)>", RegexOptions.Singleline).Select(m => m.Groups[1].Value)];
        Assert.That(bodies, Has.Length.EqualTo(3));
        foreach (string body in bodies)
        {
            byte[] hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body));
            Assert.That(policy, Does.Contain($"'sha256-{Convert.ToBase64String(hash)}'"));
        }

        Assert.That(policy, Does.Not.Contain("unsafe"));
    }

    [Test]
    public void What_is_no_number_becomes_null()
    {
        SuiteResults results = ReportFixture.Small();
        SuiteCell cell = results.Cells[0] with { Accuracy = results.Cells[0].Accuracy! with { Cosine = double.NaN, MaxAbs = double.PositiveInfinity } };
        using var data = JsonDocument.Parse(Embedded(HtmlReport.Page(results with { Cells = [cell] })));
        JsonElement accuracy = data.RootElement.GetProperty("cells")[0].GetProperty("accuracy");
        Assert.That(accuracy.GetProperty("cosine").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(accuracy.GetProperty("maxAbs").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void An_empty_run_is_refused_and_an_old_report_stays()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["report.html"], "old");
        SuiteResults empty = ReportFixture.Small() with { Cells = [] };
        Assert.That(() => HtmlReport.Write(empty, folder.Path), Throws.TypeOf<BenchmarkException>().With.Message.Contains(folder["report.html"]).And.Message.Contains("no cell"));
        Assert.That(File.ReadAllText(folder["report.html"]), Is.EqualTo("old"));
    }

    [Test]
    public void A_missing_folder_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => HtmlReport.Write(ReportFixture.Small(), folder["none"]), Throws.InstanceOf<IOException>().With.Message.Contains(folder["none"]));
    }

    private static string Embedded(string page) => Regex.Match(page, "<script type=\"application/json\" id=\"results\">(.*?)</script>", RegexOptions.Singleline).Groups[1].Value;

    [GeneratedRegex(@"\s(?:src|href|srcset|action)=[""']([^""']*)")]
    private static partial Regex References();
}
