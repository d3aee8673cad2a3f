using System.Diagnostics;
using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>build --cache and the commands of pinion cache.</summary>
public sealed class CacheTests
{
    private const string Faults = "PINION_HOST_TENSORRT_FAULTS";

    private static readonly string[] Profile = ["--profile", "x:min=1x4,opt=4x4,max=8x4"];

    private TemporaryFolder _folder = null!;

    private string Root => _folder["engines"];

    [SetUp]
    public void MakeFolder() => _folder = Workbench.NewFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void The_second_build_is_a_hit_and_says_so()
    {
        CliResult built = Build(Workbench.AddOne, Profile).Exits(0);
        Assert.That(built.Output, Does.Match(@"(?m)^.*\.plan: [\d,]+ bytes, built in \d+\.\d s \(.*\) because the cache has no engine of .*addone\.onnx$"));
        Assert.That(built.Errors, Does.Contain("building addone.onnx"));
        CliResult hit = Build(Workbench.AddOne, Profile).Exits(0);
        Assert.That(hit.Output, Does.Match(@"(?m)^.*\.plan: [\d,]+ bytes, hit, built \d{4}-\d\d-\d\d \d\d:\d\dZ in \d+\.\d s \(.*\)$"));
        Assert.That(hit.Errors, Is.Empty, "nothing is built");
        Assert.That(hit.Output.Split(':')[0], Is.EqualTo(built.Output.Split(':')[0]));
        Cli.Run("inspect", hit.Output.Split(':')[0]).Exits(0);
    }

    [Test]
    public void An_output_is_written_as_well()
    {
        JsonElement built = Build(Workbench.AddOne, [.. Profile, "-o", _folder["a.plan"], "--json"]).Exits(0).Json();
        Assert.That(built.GetProperty("plan").GetString(), Is.EqualTo(_folder["a.plan"]));
        JsonElement cache = built.GetProperty("cache");
        Assert.That(cache.GetProperty("outcome").GetString(), Is.EqualTo("built"));
        Assert.That(cache.GetProperty("reasons")[0].GetString(), Does.StartWith("the cache has no engine of"));
        Assert.That(cache.GetProperty("notKept").ValueKind, Is.EqualTo(JsonValueKind.Null));

        JsonElement hit = Build(Workbench.AddOne, [.. Profile, "-o", _folder["b.plan"], "--json"]).Exits(0).Json();
        Assert.That(hit.GetProperty("cache").GetProperty("outcome").GetString(), Is.EqualTo("hit"));
        Assert.That(hit.GetProperty("cache").GetProperty("reasons").GetArrayLength(), Is.Zero);
        Assert.That(hit.GetProperty("precision").GetString(), Is.EqualTo("fp32"));
        Assert.That(hit.GetProperty("profiles")[0].EnumerateObject().Single().Name, Is.EqualTo("x"));
        byte[] kept = File.ReadAllBytes(cache.GetProperty("plan").GetString()!);
        Assert.That(File.ReadAllBytes(_folder["a.plan"]), Is.EqualTo(kept));
        Assert.That(File.ReadAllBytes(_folder["b.plan"]), Is.EqualTo(kept));
        Assert.That(Build(Workbench.Static, ["-o", "/dev/null"]).Exits(0).Output, Does.StartWith("/dev/null: "));
        Assert.That(Cli.Run("build", Workbench.Static).Fails(2, "give -o (--output) PLAN, --cache DIR, or both").Output, Is.Empty);
        Build(Workbench.Static, ["-o", "/dev/stdout", "--json"]).Fails(2, "--json prints its document to standard output");
    }

    [Test]
    public void A_network_of_the_zoo_is_written_only_if_it_is_built()
    {
        CliResult built = Build("zoo:DPN68", []).Exits(0);
        Assert.That(built.Errors, Does.Contain("bytes with weights from seed 0"));
        CliResult hit = Build("zoo:DPN68", []).Exits(0);
        Assert.That(hit.Output, Does.Contain("hit, built"));
        Assert.That(hit.Errors, Does.Not.Contain("bytes with weights").And.Not.Contain("building"));
        Assert.That(Directory.GetFileSystemEntries(Root).Select(Path.GetFileName), Has.None.StartsWith("."));
        Build("zoo:DPN680", []).Fails(2, "pinion zoo list");
    }

    [Test]
    public void Why_says_what_has_changed()
    {
        string model = _folder["m.onnx"];
        File.Copy(Workbench.AddOne, model);
        Build(model, Profile).Exits(0);
        Assert.That(Why(model, Profile).Exits(0).Output, Does.Match("^.*m.onnx: hit, [0-9a-f]{12}, built "));
        CliResult why = Why(model, ["--profile", "x:min=1x4,opt=4x4,max=16x4", "--tf32"]).Exits(0);
        Assert.That(why.Output, Does.Contain("m.onnx: would be built; other than in ").And.Contain("\n  TF32 yes instead of no\n").And.Contain("\n  profile x max 16x4 instead of 8x4\n"));

        File.Copy(Workbench.Static, model, overwrite: true);
        JsonElement json = Why(model, [.. Profile, "--json"]).Exits(0).Json();
        Assert.That(json.GetProperty("hit").GetBoolean(), Is.False);
        Assert.That(json.GetProperty("entry").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(json.GetProperty("changes")[0].GetProperty("ingredient").GetString(), Is.EqualTo("model"));
        Assert.That(json.GetProperty("reasons")[0].GetString(), Does.StartWith("the content of the model ("));
        Assert.That(json.GetProperty("nearest").GetProperty("ingredients").GetProperty("TF32").GetString(), Is.EqualTo("no"));
        Assert.That(Why(Workbench.Sum, []).Exits(0).Output, Does.Contain("the cache has no engine of"));
    }

    [Test]
    public void List_prune_and_verify()
    {
        Build(Workbench.AddOne, Profile).Exits(0);
        Build(Workbench.Static, []).Exits(0);
        JsonElement list = Cli.Run("cache", "list", Root, "--json").Exits(0).Json();
        Assert.That(list.GetProperty("entries").EnumerateArray().Select(e => Path.GetFileName(e.GetProperty("model").GetString())), Is.EqualTo(["static.onnx", "addone.onnx"]));
        Assert.That(list.GetProperty("sizeBytes").GetInt64(), Is.EqualTo(list.GetProperty("entries").EnumerateArray().Sum(e => e.GetProperty("sizeBytes").GetInt64())));
        Assert.That(Cli.Run("cache", "list", Root).Exits(0).Output, Does.Match(@"(?m)^key .*precision").And.Contain(": 2 plans, "));
        Assert.That(Cli.Run("cache", "verify", Root).Exits(0).Output, Does.Contain(": 2 plans sound, "));

        string plan = list.GetProperty("entries")[0].GetProperty("plan").GetString()!;
        byte[] bytes = File.ReadAllBytes(plan);
        bytes[^1] ^= 1;
        File.WriteAllBytes(plan, bytes);
        File.WriteAllText(Path.Combine(Root, "notes.txt"), "mine");
        CliResult damaged = Cli.Run("cache", "verify", Root).Exits(1);
        Assert.That(damaged.Output, Does.Contain(": 1 plan sound").And.Match("damaged: [0-9a-f]{12}: the plan's checksum does not match").And.Contain("not of the cache: notes.txt"));
        Assert.That(Cli.Run("cache", "verify", Root, "--json").Exits(1).Json().GetProperty("damaged").GetArrayLength(), Is.EqualTo(1));
        Assert.That(Build(Workbench.Static, []).Exits(0).Output, Does.Contain("because the engine that was kept is damaged: the plan's checksum does not match"));
        Cli.Run("cache", "verify", Root).Exits(0);

        JsonElement pruned = Cli.Run("cache", "prune", Root, "--max-size", $"{bytes.Length * 3 / 2}B", "--json").Exits(0).Json();
        Assert.That(pruned.GetProperty("deleted").EnumerateArray().Select(e => Path.GetFileName(e.GetProperty("model").GetString())), Is.EqualTo(["addone.onnx"]));
        Assert.That(Cli.Run("cache", "prune", Root, "--older-than", "1h").Exits(0).Output, Does.Contain(": 0 plans deleted"));
        Assert.That(Cli.Run("cache", "prune", Root, "--older-than", "0").Exits(0).Output, Does.Contain("deleted ").And.Contain(": 1 plan deleted, 0 bytes stay"));
        Assert.That(Directory.GetFiles(Root).Select(Path.GetFileName), Is.EquivalentTo(["notes.txt", "pinion-engine-cache"]));
    }

    [TestCase(2, "--max-size 'much' is no size", "cache", "prune", "@", "--max-size", "much")]
    [TestCase(2, "--older-than 'long' is no time; write a number with m, h or d", "cache", "prune", "@", "--older-than", "long")]
    [TestCase(2, "--older-than 99999 is out of range", "cache", "prune", "@", "--older-than", "99999d")]
    [TestCase(2, "Required argument 'DIR' missing", "cache", "list")]
    [TestCase(2, "The name of the cache is empty", "cache", "list", "")]
    [TestCase(2, "The name of the cache is empty", "build", "@MODEL", "--cache", "")]
    [TestCase(2, "--optimization-level 9", "cache", "why", "@", "@MODEL", "--optimization-level", "9")]
    [TestCase(1, "absent does not exist", "cache", "list", "@/absent")]
    [TestCase(1, "is no engine cache: it holds notes.txt", "cache", "list", "@")]
    [TestCase(1, "is no engine cache: it holds notes.txt", "cache", "verify", "@")]
    [TestCase(1, "is no engine cache: it holds notes.txt", "cache", "prune", "@")]
    [TestCase(1, "is no engine cache: it holds notes.txt", "cache", "why", "@", "@MODEL")]
    [TestCase(1, "is no engine cache: it holds notes.txt", "build", "@MODEL", "--cache", "@")]
    [TestCase(1, "is a file; a cache is a folder", "build", "@MODEL", "--cache", "@/notes.txt")]
    [TestCase(1, "absent.onnx does not exist", "build", "@/absent.onnx", "--cache", "@/new")]
    [TestCase(1, "the folder", "build", "@MODEL", "--cache", "@/new", "-o", "@/absent/a.plan")]
    public void What_makes_no_sense_is_refused(int exitCode, string words, params string[] args)
    {
        File.WriteAllText(_folder["notes.txt"], "mine");
        args = [.. args.Select(a => a == "@MODEL" ? Workbench.Static : a.Replace("@", _folder.Path, StringComparison.Ordinal))];
        Cli.Run(args).Fails(exitCode, words);
        Assert.That(_folder.Files(), Is.EqualTo(["notes.txt"]));
    }

    [Test]
    public void A_build_that_fails_is_not_kept()
    {
        Build(Workbench.Unsupported, []).Fails(1, "Frobnicate");
        Build(Workbench.AddOne, []).Fails(2, "profile");
        Build(Workbench.MissingData, []).Fails(1, "absent-weights.bin");
        Assert.That(Cli.Run("cache", "list", Root).Exits(0).Output, Does.Contain(": 0 plans, 0 bytes"));
    }

    [Test]
    public void A_full_disk_is_told()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("stands in for a full disk with the shell's limit on file sizes");
        }

        Cli.Run("cache", "list", MakeEmpty()).Exits(0);
        Cli.RunInShell(Cli.FullDisk, "build", Workbench.Static, "--cache", Root).Exits(1);
        Assert.That(Directory.GetFiles(Root).Select(Path.GetFileName), Has.None.EndsWith(".json").And.None.EndsWith(".plan"));
    }

    [Test]
    public void Of_two_at_once_one_builds_and_the_other_waits()
    {
        NeedsTheHost();
        string[] args = ["build", Workbench.Static, "--cache", Root, "--json"];
        using Process first = Cli.Start([(Faults, "build_delay=400")], args);
        using Process second = Cli.Start([(Faults, "build_delay=400")], args);
        CliResult[] results = [Cli.Finish(first).Exits(0), Cli.Finish(second).Exits(0)];
        Assert.That(results.Select(r => r.Json().GetProperty("cache").GetProperty("outcome").GetString()), Is.EquivalentTo(["built", "hit"]));
        Assert.That(results.Single(r => r.Json().GetProperty("cache").GetProperty("outcome").GetString() == "hit").Errors, Does.Contain("waiting for another process that builds it"));
    }

    [Test]
    public void One_that_is_stopped_leaves_nothing_that_counts()
    {
        NeedsTheHost();
        using (Process hanging = Cli.Start([(Faults, "build:1=hang")], ["build", Workbench.Static, "--cache", Root]))
        {
            Assert.That(SpinWait.SpinUntil(() => Directory.Exists(Root) && Directory.GetFiles(Root, "*.lock").Length == 1, TimeSpan.FromMinutes(2)), Is.True);
            using var interrupt = Process.Start("kill", ["-INT", $"{hanging.Id}"]);
            interrupt.WaitForExit();
            Cli.Finish(hanging).Exits(130);
        }

        Assert.That(Directory.GetFiles(Root, "*.plan"), Is.Empty);
        Assert.That(Build(Workbench.Static, []).Exits(0).Output, Does.Contain("built in"));
        Assert.That(Directory.GetFiles(Root, "*.lock"), Is.Empty);
    }

    private static void NeedsTheHost()
    {
        if (Cli.Run("doctor", "--json").Json().GetProperty("sdk").GetString() != "host")
        {
            Assert.Ignore("slow builds are scripted in the host SDK");
        }
    }

    private CliResult Build(string model, string[] options) => Cli.Run(["build", model, "--cache", Root, .. options]);

    private CliResult Why(string model, string[] options) => Cli.Run(["cache", "why", Root, model, .. options]);

    private string MakeEmpty()
    {
        Directory.CreateDirectory(Root);
        return Root;
    }
}
