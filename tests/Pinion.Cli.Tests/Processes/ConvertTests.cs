using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class ConvertTests
{
    private TemporaryFolder _folder = null!;

    private string Overflowing => Workbench.SaveOverflowing(_folder["m.onnx"]);

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void A_model_is_converted_and_every_decision_explained()
    {
        JsonElement d = Cli.Run("convert", Workbench.AddOne, "--fp16", "-o", _folder["h.onnx"], "--explain").Exits(0).Json();
        Assert.That((d.GetProperty("fp16Nodes").GetInt32(), d.GetProperty("casts").GetInt32()), Is.EqualTo((1, 2)));
        Assert.That(d.GetProperty("nodes")[0].GetProperty("precision").GetString(), Is.EqualTo("fp16"));
        Assert.That(d.GetProperty("guard").ValueKind, Is.EqualTo(JsonValueKind.Null));
        CliResult text = Cli.Run("convert", Workbench.AddOne, "--fp16", "-o", _folder["h.onnx"]).Exits(0);
        Assert.That(text.Output, Does.Contain("1 node in FP16, 0 kept in FP32, 2 casts put in"));
        Assert.That(text.Errors, Does.Contain("was not measured").And.Contain("--samples"));
    }

    [Test]
    public void Samples_find_what_must_stay_FP32_and_the_recipe_does_it_again()
    {
        string samples = Directory.CreateDirectory(_folder["samples"]).FullName;
        for (int i = 0; i < 3; i++)
        {
            NpyFile.Write<float>(Path.Combine(samples, $"{i}.npy"), [1, 8], [.. Enumerable.Range(1, 8).Select(v => (v + i) / 11f)]);
        }

        JsonElement d = Cli.Run("convert", Overflowing, "--fp16", "--samples", samples, "-o", _folder["h.onnx"], "--explain").Exits(0).Json();
        JsonElement guard = d.GetProperty("guard");
        Assert.That((guard.GetProperty("withinLimits").GetBoolean(), guard.GetProperty("sampleCount").GetInt32()), Is.EqualTo((true, 3)));
        Assert.That(guard.GetProperty("kept").EnumerateArray().Select(k => k.GetProperty("node").GetString()), Is.EqualTo(["square", "back"]));
        Assert.That(guard.GetProperty("plain").GetProperty("outputs")[0].GetProperty("lostValues").GetInt64(), Is.GreaterThan(0));
        Assert.That(guard.GetProperty("plain").GetProperty("relativeError").ValueKind, Is.EqualTo(JsonValueKind.Null), "JSON has no infinity");
        Assert.That(guard.GetProperty("final").GetProperty("relativeError").GetDouble(), Is.LessThan(0.02));
        Assert.That(guard.GetProperty("values").EnumerateArray().Single(v => v.GetProperty("value").GetString() == "b").GetProperty("beyondShare").GetDouble(), Is.GreaterThan(0));
        Assert.That(d.GetProperty("recipe").GetString(), Is.EqualTo(_folder["h.recipe.json"]));
        Assert.That(d.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("node").GetString() == "square").GetProperty("reason").GetString(), Does.Contain("65504"));

        Cli.Run("convert", _folder["m.onnx"], "--fp16", "--recipe", _folder["h.recipe.json"], "-o", _folder["again.onnx"]).Exits(0);
        Assert.That(File.ReadAllBytes(_folder["again.onnx"]), Is.EqualTo(File.ReadAllBytes(_folder["h.onnx"])));
        Cli.Run("convert", Workbench.Static, "--fp16", "--recipe", _folder["h.recipe.json"], "-o", _folder["other.onnx"])
            .Fails(1, "is a recipe for m.onnx", "the model is another", "--samples");
        Assert.That(File.Exists(_folder["other.onnx"]), Is.False);
    }

    [Test]
    public void What_was_measured_is_shown()
    {
        CliResult result = Cli.Run("convert", Overflowing, "--fp16", "--samples", "4", "--shapes", "x:2x8", "-o", _folder["h.onnx"], "--recipe", _folder["r.json"]).Exits(0);
        Assert.That(result.Output, Does.Contain("4 seeded samples (seed 0), x:2x8").And.Contain("FP16, nothing kept").And.Contain("FP16, 2 nodes kept in FP32").And.Contain("FP16 ends at 65504"));
        Assert.That(result.Output, Does.Contain($"{_folder["r.json"]}: the recipe"));
        Assert.That(_folder.Files(), Is.EqualTo(new[] { "h.onnx", "m.onnx", "r.json" }));
    }

    [Test]
    public void Limits_that_cannot_be_met_write_nothing()
    {
        Cli.Run("convert", Overflowing, "--fp16", "--samples", "4", "--max-relative-error", "1e-9", "--min-cosine", "1", "-o", _folder["h.onnx"])
            .Fails(1, "beyond the limits", "limit 1E-09", "Nothing was written", "--max-relative-error");
        Assert.That(_folder.Files(), Is.EqualTo(new[] { "m.onnx" }));
    }

    [Test]
    public void Bad_input_is_named()
    {
        string model = Overflowing;
        string output = _folder["h.onnx"];
        Cli.Run("convert", model, "-o", output).Fails(2, "--fp16");
        Cli.Run("convert", model, "--fp16", "-o", model).Fails(2, "is the model itself");
        Cli.Run("convert", model, "--fp16", "-o", output, "--min-cosine", "0.9").Fails(2, "--min-cosine", "add --samples");
        Cli.Run("convert", model, "--fp16", "-o", output, "--samples", "").Fails(2, "--samples is empty");
        Cli.Run("convert", model, "--fp16", "-o", output, "--samples", _folder["none"]).Fails(1, "there is no folder", "none");
        Cli.Run("convert", model, "--fp16", "-o", output, "--samples", "0").Fails(1, "0 samples were asked for");
        Cli.Run("convert", model, "--fp16", "-o", output, "--samples", "2", "--min-cosine", "2").Fails(1, "least cosine is 2");
        Cli.Run("convert", model, "--fp16", "-o", output, "--samples", "2", "--trials", "0").Fails(1, "number of trials is 0");
        Cli.Run("convert", model, "--fp16", "-o", output, "--samples", "2", "--shapes", "y:1x8").Fails(1, "no input 'y'");
        Cli.Run("convert", model, "--fp16", "-o", output, "--samples", _folder.Path, "--shapes", "x:1x8").Fails(2, "have shapes of their own");
        Cli.Run("convert", model, "--fp16", "-o", model, "--samples", "2").Fails(1, "is the model itself");
        Cli.Run("convert", model, "--fp16", "-o", _folder["none/h.onnx"], "--samples", "2").Fails(1, "the folder", "does not exist");
        Cli.Run("convert", model, "--fp16", "-o", output, "--recipe", output, "--samples", "2").Fails(1, "name another file for one of them");
        Cli.Run("convert", model, "--fp16", "-o", "/dev/stdout", "--samples", "2").Fails(2, "writes a recipe beside the model", "name one");
        Cli.Run("convert", model, "--fp16", "-o", output, "--recipe", _folder["none"]).Fails(1, "none");
        File.WriteAllText(_folder["r.json"], "{");
        Cli.Run("convert", model, "--fp16", "-o", output, "--recipe", _folder["r.json"]).Fails(1, "is no recipe");
        Cli.Run("convert", model, "--fp16", "-o", output, "--recipe", _folder["r.json"], "--exclude", "Mul").Fails(2, "leave --half-io, --include and --exclude out");
        Cli.Run("convert", Workbench.Unsupported, "--fp16", "-o", output, "--samples", "2").Fails(1, "Frobnicate");
        Assert.That(_folder.Files(), Is.EqualTo(new[] { "m.onnx", "r.json" }));
    }

    [Test]
    public void A_full_disk_leaves_nothing()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no limits on files.");
        }

        string model = Overflowing;
        CliResult result = Cli.RunInShell(Cli.FullDisk, "convert", model, "--fp16", "--samples", "2", "-o", _folder["h.onnx"]);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Errors);
        Assert.That(_folder.Files(), Is.EqualTo(new[] { "m.onnx" }));
    }
}
