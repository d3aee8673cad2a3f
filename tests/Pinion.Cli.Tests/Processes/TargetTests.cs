using System.Text.Json;
using Pinion.TestSupport;
using Pinion.Zoo;

namespace Pinion.Cli.Tests;

/// <summary><c>build --target</c> and <c>targets</c>.</summary>
public sealed class TargetTests
{
    private static IEnumerable<TestCaseData> ModelsForT4 =>
    [
        new(Workbench.AddOne, "x:min=1x4,opt=2x4,max=8x4"),
        .. ZooCatalog.Models.Select(n => new TestCaseData($"zoo:{n.Name}", "").SetCategory("Large")),
    ];

    private static readonly (string, string)[] NoSdkForced = [("PINION_SDK", "")];

    [Test]
    public void All_targets_are_listed_with_their_gpus()
    {
        JsonElement d = Cli.RunWith(NoSdkForced, "targets", "--json").Exits(0).Json();

        JsonElement[] targets = [.. d.GetProperty("targets").EnumerateArray()];
        Assert.That(targets.Select(t => t.GetProperty("target").GetString()), Is.EqualTo(GpuTarget.All.Select(t => t.Name)));
        Assert.That(targets[0].GetProperty("gpus").EnumerateArray().Select(g => g.GetString()), Has.Some.EqualTo("t4"));
        string text = Cli.RunWith(NoSdkForced, "targets").Exits(0).Output;
        Assert.That(text, Does.Match(@"(?m)^sm86\s+8\.6\s+Ampere\s+fp32, fp16\s+a2, a10").And.Contain("V100 (SM 7.0)"));
    }

    [TestCase("h100", "Hopper")]
    [TestCase("a11", "Did you mean 'a10'?")]
    [TestCase("", "--target is empty")]
    [TestCase("all,t4", "nothing can stand beside it")]
    public void A_wrong_target_is_a_usage_error(string target, string part)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("build", Workbench.AddOne, "--target", target, "-o", folder["a.plan"]).Fails(2, part);
        Assert.That(folder.Files(), Is.Empty);
    }

    [Test]
    public void Targets_need_the_sdk_that_builds_for_them()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.RunWith([("PINION_SDK", "host")], "build", Workbench.Static, "--target", "t4", "-o", folder["a.plan"]).Fails(1, "targets need the SDK rtx");
        Assert.That(folder.Files(), Is.Empty);
    }

    [Test]
    [Category("Rtx")]
    public void A_plan_is_built_for_gpus_that_are_not_here()
    {
        using TemporaryFolder folder = Workbench.NewFolder();

        JsonElement built = Cli.RunWith(NoSdkForced, "build", Workbench.AddOne, "--profile", "x:min=1x4,opt=2x4,max=8x4", "--target", "l4,t4", "-o", folder["a.plan"], "--json").Exits(0).Json();
        CliResult inspected = Cli.RunWith(NoSdkForced, "inspect", folder["a.plan"]).Exits(0);
        JsonElement facts = Cli.RunWith(NoSdkForced, "inspect", folder["a.plan"], "--json").Exits(0).Json();

        Assert.That(built.GetProperty("sdk").GetString(), Is.EqualTo("rtx"));
        Assert.That(built.GetProperty("device").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(built.GetProperty("targets").EnumerateArray().Select(t => t.GetString()), Is.EqualTo(["7.5", "8.9"]));
        Assert.That(inspected.Output, Does.Match(@"built with TensorRT 1\.\d+\.\d+, SDK rtx, for SM 7\.5, 8\.9, fp32"));
        Assert.That(facts.GetProperty("targets").EnumerateArray().Select(t => t.GetString()), Is.EqualTo(["7.5", "8.9"]));
        Cli.RunWith(NoSdkForced, "run", folder["a.plan"]).Fails(1, "it was built with the rtx SDK", "SM 7.5 and 8.9");
        Cli.RunWith(NoSdkForced, "export", "triton", folder["a.plan"], "-o", folder["models"]).Fails(1, "was built with TensorRT for RTX, whose plans Triton's TensorRT cannot load");
        Assert.That(Directory.Exists(folder["models"]), Is.False);
    }

    /// <summary>Turing compiles no FP32 matrix product, so this is the whole way to a T4: converted, measured on the host, compiled by NVIDIA.</summary>
    [Category("Rtx")]
    [TestCaseSource(nameof(ModelsForT4))]
    public void FP16_for_a_T4_is_verified_on_the_host(string model, string profile)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        string[] options = profile.Length == 0 ? [] : ["--profile", profile];

        JsonElement built = Cli.RunWith(NoSdkForced, ["build", model, "--fp16", "--target", "t4", "-o", folder["a.plan"], "--json", .. options]).Exits(0).Json();
        JsonElement verdict = built.GetProperty("verification");

        Assert.That((built.GetProperty("sdk").GetString(), built.GetProperty("precision").GetString()), Is.EqualTo(("rtx", "fp16")));
        Assert.That((verdict.GetProperty("level").GetString(), verdict.GetProperty("sdk").GetString()), Is.EqualTo(("model", "host")));
        Assert.That(verdict.GetProperty("relativeError").GetDouble(), Is.LessThanOrEqualTo(verdict.GetProperty("relativeErrorLimit").GetDouble()));
        Assert.That(Cli.RunWith(NoSdkForced, "inspect", folder["a.plan"]).Exits(0).Output, Does.Contain("SM 7.5, fp16").And.Contain("model verified on"));
        TestContext.Out.WriteLine(verdict.GetRawText());
    }

    [Test]
    [Category("Rtx")]
    public void The_doctor_tells_what_builds_here()
    {
        JsonElement d = Cli.RunWith(NoSdkForced, "doctor", "--json").Exits(0).Json();

        JsonElement rtx = d.GetProperty("sdks").EnumerateArray().Single(s => s.GetProperty("sdk").GetString() == "rtx");
        Assert.That(rtx.GetProperty("canBuild").GetBoolean(), Is.True);
        Assert.That(d.GetProperty("sdk").GetString(), rtx.GetProperty("canRun").GetBoolean() ? Is.Not.Null : Is.Not.EqualTo("rtx"), "what cannot run is not taken");
        Cli.RunWith([("PINION_SDK", "rtx")], "doctor").Exits(0);
    }
}
