using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>FP16 is built with a verdict, by build and by verify.</summary>
public sealed class VerifyTests
{
    private TemporaryFolder _folder = null!;

    private string Overflowing => Workbench.SaveOverflowing(_folder["m.onnx"]);

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void A_build_searches_builds_proves_and_keeps_the_verdict()
    {
        string[] profile = ["--profile", "x:min=1x8,opt=4x8,max=8x8"];
        JsonElement d = Cli.Run(["build", Overflowing, "--fp16", "-o", _folder["m.plan"], "--samples", "6", "--recipe", _folder["m.recipe.json"], "--json", .. profile]).Exits(0).Json();
        JsonElement verdict = d.GetProperty("verification");
        Assert.That((verdict.GetProperty("level").GetString(), verdict.GetProperty("sdk").GetString(), verdict.GetProperty("sampleCount").GetInt32()), Is.EqualTo(("device", "host", 6)));
        Assert.That(verdict.GetProperty("fp32Nodes").EnumerateObject().Select(n => n.Name), Is.EqualTo(["square", "back"]));
        Assert.That(Cli.Run("inspect", _folder["m.plan"], "--json").Exits(0).Json().GetProperty("verification").GetRawText(), Is.EqualTo(verdict.GetRawText()));
        Assert.That(Cli.Run("inspect", _folder["m.plan"]).Exits(0).Output, Does.Contain("engine verified on").And.Contain("2 kept in FP32"));
        CliResult again = Cli.Run(["build", _folder["m.onnx"], "--fp16", "-o", _folder["again.plan"], "--recipe", _folder["m.recipe.json"], .. profile]).Exits(0);
        Assert.That(again.Output, Does.Contain("2 nodes in FP16, 2 kept in FP32"));
        Assert.That(_folder.Files(), Is.EqualTo(new[] { "again.plan", "m.onnx", "m.plan", "m.recipe.json" }));

        CliResult blind = Cli.Run(["build", _folder["m.onnx"], "--fp16", "--no-verify", "-o", _folder["blind.plan"], .. profile]).Exits(0);
        Assert.That(blind.Errors, Does.Contain("was not verified").And.Contain("pinion verify"));
        Assert.That(Cli.Run("inspect", _folder["blind.plan"]).Exits(0).Output, Does.Contain("not verified"));
        Cli.Run("verify", _folder["blind.plan"], _folder["m.onnx"]).Fails(1, "beyond the limits", "relative error");
        Cli.Run("verify", _folder["again.plan"], _folder["m.onnx"], "--max-relative-error", "1e-9").Fails(1, "beyond the limits");
        Assert.That(Cli.Run("inspect", _folder["again.plan"]).Exits(0).Output, Does.Contain("not verified"), "a verdict that is refuted is gone");
        Assert.That(Cli.Run("verify", _folder["m.plan"], _folder["m.onnx"], "--samples", "2", "-o", _folder["v.plan"]).Exits(0).Output, Does.Contain("engine verified").And.Contain("2 seeded samples").And.Contain("2 kept in FP32"));
    }

    [Test]
    public void A_cache_proves_once()
    {
        string[] command = ["build", Overflowing, "--fp16", "--cache", _folder["c"], "--profile", "x:min=1x8,opt=4x8,max=8x8"];
        Assert.That(Cli.Run(command).Exits(0).Output, Does.Contain("engine verified"));
        CliResult hit = Cli.Run(command).Exits(0);
        Assert.That(hit.Output, Does.Contain(", hit, built").And.Not.Contain("because"));
        JsonElement d = Cli.Run([.. command, "--json"]).Exits(0).Json();
        Assert.That((d.GetProperty("cache").GetProperty("outcome").GetString(), d.GetProperty("verification").GetProperty("level").GetString()), Is.EqualTo(("hit", "device")));
        Assert.That(Cli.Run([.. command, "--samples", "5"]).Exits(0).Output, Does.Contain("FP16 samples 5 seeded instead of 4 seeded").And.Not.Contain("recipe.json"));
        string[] why = ["cache", "why", _folder["c"], _folder["m.onnx"], .. command[2..3], .. command[5..]];
        Assert.That(Cli.Run(why).Exits(0).Output, Does.Contain(": hit, "));
        Assert.That(Cli.Run([.. why, "--exclude", "end"]).Exits(0).Output, Does.Contain("FP16 exclude 'end' instead of none"));
        Cli.Run([.. command, "--max-relative-error", "1e-9"]).Fails(1, "FP16");
        Assert.That(Directory.GetFiles(_folder["c"], "*.plan"), Has.Length.EqualTo(2), "what failed is not kept");
    }

    [TestCase("--samples 3", "--samples", "--fp16")]
    [TestCase("--fp16 --no-verify --samples 3", "--samples", "--no-verify")]
    [TestCase("--fp16 --no-verify --measure", "--measure", "--no-verify")]
    [TestCase("--fp16 --recipe nowhere.json", "nowhere.json")]
    [TestCase("--fp16 --samples nowhere", "nowhere")]
    [TestCase("--fp16 --recipe nowhere.json --exclude a", "--recipe", "--exclude")]
    [TestCase("--fp16 --min-cosine 2", "cosine")]
    public void Bad_input_is_named(string options, params string[] words)
    {
        CliResult result = Cli.Run(["build", Workbench.Static, "-o", _folder["x.plan"], .. options.Split(' ')]);
        Assert.That(result.ExitCode, Is.AnyOf(1, 2));
        foreach (string word in words)
        {
            Assert.That(result.Errors, Does.Contain(word));
        }

        Assert.That(_folder.Files(), Is.Empty);
    }

    [Test]
    public void What_is_no_plan_of_the_model_is_not_verified()
    {
        Cli.Run("build", Workbench.Static, "--raw", "-o", _folder["raw.plan"]).Exits(0);
        Cli.Run("verify", _folder["raw.plan"], Workbench.Static).Fails(1, "raw plan", "--raw");
        Cli.Run("build", Workbench.Static, "--fp16", "-o", _folder["s.plan"]).Exits(0);
        byte[] before = File.ReadAllBytes(_folder["s.plan"]);
        Cli.Run("verify", _folder["s.plan"], Overflowing).Fails(1, "was not built from this model");
        Cli.Run("verify", _folder["s.plan"], _folder["nowhere.onnx"]).Fails(1, "nowhere.onnx");
        Cli.Run("verify", Workbench.Static, Workbench.Static).Fails(1, "not a plan");
        Assert.That(File.ReadAllBytes(_folder["s.plan"]), Is.EqualTo(before));
    }
}
