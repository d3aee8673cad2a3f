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
    public void Fp16_on_the_host_is_said_to_be_fp32()
    {
        if (Cli.Run("doctor", "--json").Json().GetProperty("sdk").GetString() == "nvidia")
        {
            Assert.Ignore("FP16 is FP16 on a GPU");
        }

        using TemporaryFolder folder = Workbench.NewFolder();
        CliResult result = Cli.Run("build", Workbench.Static, "-o", folder["half.plan"], "--fp16").Exits(0);
        Assert.That(result.Errors, Does.Contain("computes in FP32"));
        Assert.That(result.Output, Does.Contain("no GPU").And.Contain("FP32"));
        JsonElement bench = Cli.Run("bench", folder["half.plan"], "--json", "--duration", "0", "--warm-up", "0").Exits(0).Json();
        Assert.That(bench.GetProperty("precision").GetString(), Is.EqualTo("fp16"));
        Assert.That(bench.GetProperty("notes")[0].GetString(), Does.Contain("computes in FP32"));
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

    [Test]
    public void A_plan_is_replaced_whole()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllText(folder["a.plan"], "old");
        Cli.Run("build", Workbench.Static, "-o", folder["a.plan"]).Exits(0);
        Cli.Run("inspect", folder["a.plan"]).Exits(0);
    }
}
