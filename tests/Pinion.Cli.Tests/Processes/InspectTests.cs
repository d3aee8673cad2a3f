using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class InspectTests
{
    [Test]
    public void Json_of_a_plan()
    {
        JsonElement d = Cli.Run("inspect", Workbench.AddOnePlan, "--json").Exits(0).Json();
        Assert.That(d.GetProperty("kind").GetString(), Is.EqualTo("plan"));
        CheckTensors(d, "[-1,4]");
        Assert.That(d.GetProperty("profiles").GetRawText().Replace(" ", "").Replace("\n", ""), Is.EqualTo("[{\"x\":{\"min\":[1,4],\"opt\":[4,4],\"max\":[8,4]}}]"));
        Assert.That(d.GetProperty("precision").GetString(), Is.EqualTo("fp32"));
        Assert.That(d.GetProperty("tensorrt").GetString(), Does.Match(@"^\d+\.\d+\.\d+"));
        Assert.That(d.GetProperty("device").GetString(), Is.Not.Empty);
        Assert.That(d.GetProperty("modelSha256").GetString(), Does.Match("^[0-9a-f]{64}$"));
        Assert.That(d.GetProperty("raw").GetBoolean(), Is.False);
        Assert.That(d.GetProperty("sizeBytes").GetInt64(), Is.EqualTo(new FileInfo(Workbench.AddOnePlan).Length));
    }

    [Test]
    public void Json_of_a_model()
    {
        JsonElement d = Cli.Run("inspect", Workbench.AddOne, "--json").Exits(0).Json();
        Assert.That(d.GetProperty("kind").GetString(), Is.EqualTo("model"));
        CheckTensors(d, "[-1,4]");
        Assert.That(d.GetProperty("profiles").GetArrayLength(), Is.Zero);
        Assert.That(d.GetProperty("precision").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void A_plan_tells_the_device_memory_that_it_takes()
    {
        (string, string)[] alone = [("PINION_HOST_CUDA_FAULTS", "device_memory=64MiB")];
        JsonElement d = Cli.RunWith(alone, "inspect", Workbench.AddOnePlan, "--memory", "--json").Exits(0).Json().GetProperty("memory");
        JsonElement profile = d.GetProperty("profiles").EnumerateArray().Single();
        var shapes = profile.GetProperty("shapes").EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetInt64());
        Assert.That(d.GetProperty("engineBytes").GetInt64(), Is.GreaterThanOrEqualTo(0));
        Assert.That(profile.GetProperty("sessionBytes").GetInt64(), Is.GreaterThanOrEqualTo(2 * 8 * 4 * sizeof(float)), "the buffers alone");
        Assert.That(shapes.Keys, Is.EqualTo(new[] { "x:1x4", "x:4x4", "x:8x4" }));
        Assert.That(shapes["x:8x4"], Is.GreaterThan(shapes["x:1x4"]), "the first has the context that the session began with");
        Assert.That(Cli.RunWith(alone, "inspect", Workbench.AddOnePlan, "--memory").Exits(0).Output, Does.Contain("device memory").And.Contain("session of profile 0").And.Contain("x:8x4"));
        Cli.Run("inspect", Workbench.AddOne, "--memory").Fails(2, "--memory needs a plan");
    }

    [Test]
    public void A_model_tells_the_names_of_its_dimensions()
    {
        JsonElement input = Cli.Run("inspect", Workbench.AddOne, "--json").Exits(0).Json().GetProperty("inputs")[0];
        Assert.That(input.GetProperty("dimensionNames").EnumerateArray().Select(n => n.GetString()), Is.EqualTo(new[] { "batch", null }));
        Assert.That(Cli.Run("inspect", Workbench.AddOne).Exits(0).Output, Does.Contain("dimension names").And.Contain("batch, –"));
        Assert.That(Cli.Run("inspect", Workbench.AddOnePlan, "--json").Exits(0).Json().GetProperty("inputs")[0].GetProperty("dimensionNames").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void Json_of_a_raw_plan_comes_from_the_engine()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("build", Workbench.AddOne, "-o", folder["raw.engine"], "--raw", "--opt-shapes", "x:2x4").Exits(0);
        JsonElement d = Cli.Run("inspect", folder["raw.engine"], "--json").Exits(0).Json();
        Assert.That(d.GetProperty("raw").GetBoolean(), Is.True);
        CheckTensors(d, "[-1,4]");
        Assert.That(d.GetProperty("profiles")[0].GetProperty("x").GetProperty("opt").GetRawText().Replace(" ", "").Replace("\n", ""), Is.EqualTo("[2,4]"));
    }

    [Test]
    public void Layers_are_tensor_rts_own()
    {
        CliResult result = Cli.Run("inspect", Workbench.AddOnePlan, "--layers", "--json");
        if (result.ExitCode == 1 && result.Errors.Contains("8.2", StringComparison.Ordinal))
        {
            Assert.Ignore("this TensorRT has no inspector");
        }

        Assert.That(result.Exits(0).Json().GetProperty("layers").ValueKind, Is.EqualTo(JsonValueKind.Object).Or.EqualTo(JsonValueKind.Array));
    }

    [Test]
    public void Layers_are_a_table_for_people()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        CliResult names = Cli.Run("inspect", Workbench.AddOnePlan, "--layers");
        if (names.ExitCode == 1 && names.Errors.Contains("8.2", StringComparison.Ordinal))
        {
            Assert.Ignore("this TensorRT has no inspector");
        }

        Assert.That(names.Exits(0).Output, Does.Match(@"(?m)^#\s+layer\s*$").And.Contain("--profiling-verbosity detailed").And.Not.Contain("{"));
        Cli.Run("build", Workbench.Static, "-o", folder["told.plan"], "--profiling-verbosity", "detailed").Exits(0);
        string told = Cli.Run("inspect", folder["told.plan"], "--layers").Exits(0).Output;
        Assert.That(told, Does.Match(@"(?m)^#\s+layer\s+type\s+inputs\s+outputs").And.Match(@"(?m)^0\s.*\sx\b.*\sy\s").And.Not.Contain("{"));
    }

    [Test]
    public void Text_names_tensors_and_profiles()
    {
        string text = Cli.Run("inspect", Workbench.AddOnePlan).Exits(0).Output;
        Assert.That(text, Does.Match(@"input\s+x\s+float32\s+-1x4").And.Match(@"output\s+y\s+float32\s+-1x4").And.Match(@"0\s+x\s+1x4\s+4x4\s+8x4"));
        Assert.That(text, Does.Not.Contain("\u001b"), "no escape codes in a pipe");
    }

    private static void CheckTensors(JsonElement d, string shape)
    {
        foreach ((string list, string name) in new[] { ("inputs", "x"), ("outputs", "y") })
        {
            JsonElement tensor = d.GetProperty(list).EnumerateArray().Single();
            Assert.That(tensor.EnumerateObject().Select(p => p.Name), Is.EqualTo(["name", "dtype", "shape", "dimensionNames"]));
            Assert.That(tensor.GetProperty("name").GetString(), Is.EqualTo(name));
            Assert.That(tensor.GetProperty("dtype").GetString(), Is.EqualTo("float32"));
            Assert.That(tensor.GetProperty("shape").GetRawText().Replace(" ", "").Replace("\n", ""), Is.EqualTo(shape));
        }
    }
}
