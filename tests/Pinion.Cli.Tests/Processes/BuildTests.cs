using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class BuildTests
{
    [Test]
    public void Json_is_all_of_standard_output_and_progress_goes_to_standard_error()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        CliResult result = Cli.Run("build", Workbench.Sum, "-o", folder["sum.plan"], "--json", "--profile", "left:min=1x2,opt=2x8,max=8x32;right:min=1x2,opt=2x8,max=8x32").Exits(0);
        JsonElement d = result.Json();
        Assert.That(d.GetProperty("plan").GetString(), Is.EqualTo(folder["sum.plan"]));
        Assert.That(d.GetProperty("sizeBytes").GetInt64(), Is.EqualTo(new FileInfo(folder["sum.plan"]).Length));
        Assert.That(d.GetProperty("buildSeconds").GetDouble(), Is.GreaterThan(0));
        Assert.That(d.GetProperty("peakMemoryBytes").GetInt64(), Is.GreaterThan(1 << 20));
        Assert.That(d.GetProperty("precision").GetString(), Is.EqualTo("fp32"));
        Assert.That(d.GetProperty("profiles")[0].EnumerateObject().Select(p => p.Name), Is.EquivalentTo(["left", "right"]));
        Assert.That(result.Errors, Does.Match(@"(?m)^\[ +\d+\.\d s\] building sum\.onnx"));
        Assert.That(result.Errors, Does.Not.Contain("\u001b").And.Not.Contain("\r"), "plain lines in a pipe");
        Assert.That(folder.Files(), Is.EqualTo(["sum.plan"]));
    }

    [Test]
    public void Several_profiles_are_kept_in_order()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("build", Workbench.AddOne, "-o", folder["two.plan"], "--profile", "x:max=1x4", "--profile", "x:min=2x4,opt=4x4,max=8x4").Exits(0);
        JsonElement profiles = Cli.Run("inspect", folder["two.plan"], "--json").Exits(0).Json().GetProperty("profiles");
        Assert.That(profiles.EnumerateArray().Select(p => p.GetProperty("x").GetProperty("max")[0].GetInt32()), Is.EqualTo([1, 8]));
        JsonElement run = Cli.Run("bench", folder["two.plan"], "--json", "--batch", "1,8", "--duration", "0", "--warm-up", "0").Exits(0).Json();
        Assert.That(run.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("profile").GetInt32()), Is.EqualTo([0, 1]));
    }

    [Test]
    public void What_FP16_is_on_the_host_is_said_once()
    {
        if (Cli.Run("doctor", "--json").Json().GetProperty("sdk").GetString() == "nvidia")
        {
            Assert.Ignore("FP16 is FP16 on a GPU");
        }

        using TemporaryFolder folder = Workbench.NewFolder();
        CliResult result = Cli.Run("build", Workbench.Static, "-o", folder["half.plan"], "--fp16").Exits(0);
        Assert.That(result.Output, Does.Contain("no GPU").And.Contain("FP16 in FP32 arithmetic").And.Contain("engine verified on"));
        Assert.That(LinesOfFp16(Cli.Run("bench", Workbench.Static, "--fp16", "--duration", "0", "--warm-up", "0")), Has.Length.EqualTo(1));
        Assert.That(LinesOfFp16(Cli.Run("run", Workbench.Static, "--fp16")), Has.Length.EqualTo(1));
        JsonElement bench = Cli.Run("bench", folder["half.plan"], "--json", "--duration", "0", "--warm-up", "0").Exits(0).Json();
        Assert.That(bench.GetProperty("precision").GetString(), Is.EqualTo("fp16"));
        Assert.That(bench.GetProperty("notes")[0].GetString(), Does.Contain("FP32 arithmetic"));

        static string[] LinesOfFp16(CliResult result) =>
            [.. (result.Exits(0).Errors + result.Output).Split('\n').Where(l => l.Contains("The host SDK", StringComparison.Ordinal))];
    }

    [Test]
    public void A_profile_of_one_shape_is_taken()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("build", Workbench.AddOne, "-o", folder["one.plan"], "--profile", "x:3x4").Exits(0);
        JsonElement range = Cli.Run("inspect", folder["one.plan"], "--json").Exits(0).Json().GetProperty("profiles")[0].GetProperty("x");
        Assert.That(range.EnumerateObject().Select(p => (p.Name, p.Value[0].GetInt32(), p.Value[1].GetInt32())), Is.EqualTo([("min", 3, 4), ("opt", 3, 4), ("max", 3, 4)]));
    }

    /// <summary>A process that was killed in a build could not tidy up; nor may the next take what another works with.</summary>
    [Test]
    public void What_a_killed_build_left_is_deleted_by_the_next()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        string[] names = ["pinion-999999998-0", "pinion-999999999-1", "pinion-suite-ab12", "another"];
        foreach (string name in names)
        {
            Directory.CreateDirectory(folder[name]);
            File.WriteAllText(folder[$"{name}/model.onnx"], "");
            Directory.SetLastWriteTimeUtc(folder[name], DateTime.UtcNow - (name == names[1] ? TimeSpan.FromMinutes(1) : TimeSpan.FromHours(2)));
        }

        Cli.RunWith([("TMPDIR", folder.Path), ("TMP", folder.Path)], "build", Workbench.Static, "-o", folder["a.plan"]).Exits(0);
        Assert.That(names.Where(n => Directory.Exists(folder[n])), Is.EqualTo(names[1..]));
    }

    [Test]
    public void A_timing_cache_is_written_and_read_again()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        for (int i = 0; i < 2; i++)
        {
            Cli.Run("build", Workbench.Static, "-o", folder["a.plan"], "--timing-cache", folder["t.cache"]).Exits(0);
            Assert.That(new FileInfo(folder["t.cache"]).Length, Is.GreaterThan(0));
            Assert.That(folder.Files(), Has.None.Contains("tmp"));
        }
    }

    [TestCase("--time-limit needs a process", "--in-process", "--time-limit", "5")]
    [TestCase("--keep-reproducer needs a process", "--in-process", "--keep-reproducer", "x")]
    [TestCase("--time-limit -1 is out of range", "--time-limit", "-1")]
    [TestCase("--memory-limit 'much' is no size", "--memory-limit", "much")]
    [TestCase("--keep-reproducer is empty", "--keep-reproducer", "")]
    public void Limits_that_make_no_sense_are_refused(string words, params string[] args) =>
        Cli.Run(["build", Workbench.Static, "-o", "/nowhere/a.plan", .. args]).Fails(2, words);

    [Test]
    public void A_plan_is_replaced_whole()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllText(folder["a.plan"], "old");
        Cli.Run("build", Workbench.Static, "-o", folder["a.plan"]).Exits(0);
        Cli.Run("inspect", folder["a.plan"]).Exits(0);
    }
}
