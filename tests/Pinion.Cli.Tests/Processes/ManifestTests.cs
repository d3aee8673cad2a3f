using System.Diagnostics;
using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>build --manifest: many builds of one file, through a cache.</summary>
public sealed class ManifestTests
{
    private const string Faults = "PINION_HOST_TENSORRT_FAULTS";

    private const string TwoBuilds = """
        {
          // Comments are allowed.
          "cache": "engines",
          "defaults": { "profiles": [ "x:min=1x4,opt=4x4,max=8x4" ] },
          "builds": [
            { "model": "addone.onnx" },
            { "model": "addone.onnx", "precision": "fp16", "output": "fp16.plan" },
          ]
        }
        """;

    private TemporaryFolder _folder = null!;

    private string Manifest => _folder["engines.json"];

    [SetUp]
    public void MakeFolder()
    {
        _folder = Workbench.NewFolder();
        File.Copy(Workbench.AddOne, _folder["addone.onnx"]);
    }

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Everything_is_built_and_found_the_next_time()
    {
        CliResult first = Run(TwoBuilds).Exits(0);
        Assert.That(first.Output, Does.Match("(?m)^model +precision +outcome +seconds +bytes +plan *$"));
        Assert.That(first.Output, Does.Match(@"(?m)^addone\.onnx +fp32 +built +\d+\.\d +[\d,]+ +.*/engines/[0-9a-f]{64}\.plan *$"));
        Assert.That(first.Output, Does.Match(@"(?m)^addone\.onnx +fp16 +built +\d+\.\d +[\d,]+ +.*/fp16\.plan *$"));
        Assert.That(first.Output, Does.Contain("2 builds: 2 built, 0 found in").And.Contain(", 0 failed"));
        Assert.That(first.Errors, Does.Contain("[1/2] addone.onnx, fp32").And.Contain("built because the cache has no engine of").And.Contain("precision fp16 instead of fp32"));
        Cli.Run("inspect", _folder["fp16.plan"]).Exits(0);

        JsonElement second = Run(TwoBuilds, "--json").Exits(0).Json();
        Assert.That(second.GetProperty("hits").GetInt32(), Is.EqualTo(2));
        JsonElement build = second.GetProperty("builds")[1];
        Assert.That(build.GetProperty("outcome").GetString(), Is.EqualTo("hit"));
        Assert.That(build.GetProperty("plan").GetString(), Is.EqualTo(_folder["fp16.plan"]));
        Assert.That(build.GetProperty("error").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void One_that_fails_is_named_and_the_others_are_done()
    {
        File.WriteAllText(_folder["bad.onnx"], "no model at all");
        const string Text = """
            {
              "builds": [
                { "model": "absent.onnx" },
                { "model": "bad.onnx" },
                { "model": "addone.onnx", "profiles": [ "x:1x4" ], "output": "nowhere/a.plan" },
                { "model": "addone.onnx", "profiles": [ "x:1x4" ] }
              ]
            }
            """;
        CliResult result = Run(Text, "--cache", _folder["other"]).Exits(1);

        Assert.That(result.Output, Does.Contain("4 builds: 1 built, 0 found in").And.Contain(", 3 failed"));
        Assert.That(result.Output, Does.Match(@"(?m)^failed: absent\.onnx, fp32 \(.*engines\.json:3\): .*absent\.onnx does not exist\.$"));
        Assert.That(result.Output, Does.Match(@"(?m)^failed: bad\.onnx, fp32 \(.*engines\.json:4\): "));
        Assert.That(result.Output, Does.Match(@"(?m)^failed: addone\.onnx, fp32 \(.*engines\.json:5\): .*the folder .*nowhere does not exist\.$"));

        JsonElement again = Run(Text, "--cache", _folder["other"], "--json").Exits(1).Json();
        Assert.That((again.GetProperty("built").GetInt32(), again.GetProperty("hits").GetInt32(), again.GetProperty("failed").GetInt32()), Is.EqualTo((0, 1, 3)), "only what failed is tried again");
        Assert.That(again.GetProperty("builds")[1].GetProperty("error").GetProperty("status").GetString(), Is.EqualTo("Parse"));
    }

    [Test]
    public void A_run_that_was_killed_goes_on_where_it_was()
    {
        Device.RequireHost();
        string manifest = TwoBuilds.Replace("\"precision\": \"fp16\"", "\"allowTf32\": true", StringComparison.Ordinal);
        File.WriteAllText(Manifest, manifest);
        Cli.Run("build", _folder["addone.onnx"], "--profile", "x:min=1x4,opt=4x4,max=8x4", "--cache", _folder["engines"]).Exits(0);
        // The first is there; in the middle of the second it ends.
        using (Process run = Cli.Start([(Faults, "build:1=hang")], ["build", "--manifest", Manifest]))
        {
            while (run.StandardError.ReadLine() is { } line && !line.EndsWith(" build", StringComparison.Ordinal))
            {
            }

            run.Kill(entireProcessTree: true);
            run.WaitForExit();
        }

        CliResult rest = Run(manifest).Exits(0);
        Assert.That(rest.Output, Does.Contain("2 builds: 1 built, 1 found in"));
    }

    [TestCase("""{ "builds": [ { "modle": "a.onnx" } ] }""", ":1: there is no key 'modle' here. Did you mean 'model'?", ":1: a build has no model; give")]
    [TestCase("{\n \"builds\": [\n  { \"model\": \"a.onnx\",\n    \"precison\": \"fp16\" } ] }", ":4: there is no key 'precison' here. Did you mean 'precision'?")]
    [TestCase("""{ "cash": "c", "builds": [ { "model": "a.onnx" } ] }""", ":1: there is no key 'cash' here. Did you mean 'cache'?")]
    [TestCase("""{ "cache": 5, "defaults": [], "builds": [ { "model": "" } ] }""", "cache is 5; it must be a text that is not empty.", "defaults is a list; it must be an object.", "model is ''; it must be a text")]
    [TestCase("""{ "cache": "c" }""", "there is nothing to build: give builds, a list such as")]
    [TestCase("""{ "cache": "c", "builds": [] }""", "there is nothing to build")]
    [TestCase("[]", "A manifest is a list; it must be an object.")]
    [TestCase("""{ "builds": [ "a.onnx" ] }""", "a build is 'a.onnx'; it must be an object.")]
    [TestCase("{ \"builds\": [\n { \"model\" \"a.onnx\" } ] }", ":2: this is no JSON: ")]
    [TestCase("", "this is no JSON")]
    [TestCase("""{ "builds": [ { "model": "a.onnx" } ] } x""", "this is no JSON")]
    [TestCase("""{ "cache": "c", "builds": [ { "model": "a.onnx", "precision": "fp8", "profiles": "x:1x4", "optimizationLevel": 9, "targets": [ "t5" ] } ] }""",
        "precision is 'fp8'; it must be one of Fp32, Fp16.", "profiles is 'x:1x4'; it must be a list of profiles", "optimizationLevel is 9: The optimization level is 0 to 5", "Target 't5' is unknown. Did you mean 't4'?")]
    [TestCase("""{ "cache": "c", "builds": [ { "model": "a.onnx", "model": "b.onnx" } ] }""", "model is given twice; leave one out.")]
    [TestCase("""{ "cache": "c", "builds": [ { "model": "a.onnx", "output": "x.plan" }, { "model": "b.onnx", "output": "./x.plan" } ] }""", "is that of line 1 as well; give each build its own.")]
    [TestCase("""{ "builds": [ { "model": "addone.onnx" } ] }""", "engines.json names no cache, in which what is built is found again: add \"cache\": \"engines\", or give --cache DIR.")]
    public void A_wrong_manifest_is_refused_before_anything_is_built(string text, params string[] words)
    {
        Assert.That(Run(text).Fails(2, words).Output, Is.Empty);
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(2));
    }

    [Test]
    public void What_cannot_stand_beside_a_manifest_is_told()
    {
        File.WriteAllText(Manifest, TwoBuilds);
        Cli.Run("build", Workbench.AddOne, "--manifest", Manifest, "-o", "a.plan", "--fp16", "--device", "1").Fails(2, "MODEL, --output, --fp16, --device cannot stand beside --manifest");
        Cli.Run("build", "--manifest", Manifest, "--in-process").Fails(2, "leave out --in-process");
        Cli.Run("build", "--manifest", _folder["absent.json"]).Fails(1, "absent.json does not exist");
        Cli.Run("build", "--cache", "c").Fails(2, "There is no model: give MODEL, or --manifest FILE.");
    }

    private CliResult Run(string manifest, params string[] options)
    {
        File.WriteAllText(Manifest, manifest);
        return Cli.Run(["build", "--manifest", Manifest, .. options]);
    }
}
