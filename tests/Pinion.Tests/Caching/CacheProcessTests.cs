using System.Diagnostics;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Several processes and one cache, and processes that end in the middle of it.</summary>
public sealed class CacheProcessTests
{
    private const string Faults = "PINION_HOST_TENSORRT_FAULTS";

    private TemporaryFolder _folder = null!;

    private string Root => _folder["cache"];

    private string Model => _folder["identity.onnx"];

    private EngineCache Cache => new(Root, new EngineCacheOptions { InProcess = true });

    [SetUp]
    public void MakeModel()
    {
        _folder = new TemporaryFolder();
        TestModels.Identity.Save(Model);
    }

    [TearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void Of_two_processes_one_builds_and_the_other_finds_the_plan()
    {
        Device.RequireHost();
        // Slow enough that both are there.
        using Process first = Start("build_delay=300");
        using Process second = Start("build_delay=300");
        string[] outcomes = [first.StandardOutput.ReadToEnd().Trim(), second.StandardOutput.ReadToEnd().Trim()];
        Assert.That(outcomes, Is.EquivalentTo(new[] { "Built", "Hit" }));
        Assert.That(Cache.Verify().Entries, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_builder_that_is_killed_leaves_nothing_that_counts()
    {
        Device.RequireHost();
        using (Process builder = Start("build:1=hang"))
        {
            // A lock's file is there a moment before it is locked.
            Hang.Until(() => Directory.Exists(Root) && Directory.GetFiles(Root, "*.lock") is [var file] && IsLocked(file));
            // Whoever comes now waits, and may stop waiting.
            using var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            Assert.That(async () => await Cache.GetOrBuildAsync(Model, cancellationToken: impatience.Token).Guard(), Throws.InstanceOf<OperationCanceledException>());
            builder.Kill();
            builder.WaitForExit();
        }

        Assert.That(Cache.List().Entries, Is.Empty);
        using CachedPlan plan = Cache.GetOrBuild(Model);
        Assert.That(plan.Report.Outcome, Is.EqualTo(CacheOutcome.Built));
        Assert.That(Directory.GetFiles(Root, "*.lock"), Is.Empty);
    }

    private static bool IsLocked(string file)
    {
        try
        {
            using FileStream taken = File.Open(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException e)
        {
            return KeyLock.IsHeld(e);
        }
    }

    /// <summary>Wherever it is: between the plan and what is beside it, in the middle of either, while it tidies up.</summary>
    [Test]
    public void So_does_one_that_is_killed_at_any_moment([Range(0, 9)] int moment)
    {
        using (Process builder = Scenario("cache-churn"))
        {
            builder.StandardOutput.ReadLine();
            // Spread over the milliseconds that a build of this model takes.
            Thread.Sleep(TimeSpan.FromMilliseconds(moment * 1.7));
            builder.Kill();
            builder.WaitForExit();
        }

        CacheCheck check = Cache.Verify();
        Assert.That(check.Problems, Is.Empty);
        Assert.That(check.Strangers, Is.Empty);
        using (CachedPlan plan = Cache.GetOrBuild(Model))
        {
            using Engine engine = plan.Load();
            Assert.That(engine.Inputs, Has.Count.EqualTo(1));
        }

        Cache.Prune();
        Assert.That(Directory.GetFiles(Root).Select(p => Path.GetExtension(p)).Where(e => e.Length > 0).Distinct(), Is.SubsetOf(new[] { ".plan", ".json" }));
        Assert.That(Directory.GetFiles(Root, "*.plan"), Has.Length.EqualTo(Directory.GetFiles(Root, "*.json").Length));
    }

    [Test]
    public void A_folder_that_cannot_be_written_still_gives_what_it_has()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("takes rights away as Linux does");
            return;
        }

        Cache.GetOrBuild(Model).Dispose();
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        foreach (string path in Directory.GetFiles(Root))
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b100_100_100);
        }

        File.SetUnixFileMode(Root, (UnixFileMode)0b101_101_101);
        try
        {
            Assert.That(AsOther("cache", Root, Model), Is.EqualTo("Hit"));
            Assert.That(AsOther("cache", Root, TestModels.Dense.Save(_folder["dense.onnx"])),
                Does.StartWith($"IOException The engine cache {Root} cannot be written: permission is denied. Make it writable, or name another folder"));
            Assert.That(AsOther("cache", _folder["absent"], Model), Does.StartWith($"IOException The engine cache {_folder["absent"]} cannot be written: permission is denied."));
        }
        finally
        {
            File.SetUnixFileMode(Root, (UnixFileMode)0b111_101_101);
        }
    }

    [Test]
    public void On_a_full_disk_the_engine_is_given_out_and_not_kept()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("stands in for a full disk with the shell's limit on file sizes, which Windows lacks");
        }

        // A limit of 2 blocks of 512 bytes: less than any plan.
        string assembly = typeof(CacheProcessTests).Assembly.Location;
        string output = Child.Start("sh", ["-c", $"trap '' XFSZ; ulimit -f 2; DOTNET_EnableWriteXorExecute=0 exec dotnet '{assembly}' cache '{Root}' '{Model}'"]);

        Assert.That(output, Does.StartWith($"Built, loads, the engine was built and could not be kept in {Root}: "));
        Assert.That(Directory.GetFiles(Root).Select(p => Path.GetFileName(p)), Is.EqualTo(new[] { CacheFolder.MarkerName }));
    }

    private Process Start(string faults) => Scenario("cache", (Faults, faults));

    private Process Scenario(string name, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CacheProcessTests).Assembly.Location, name, Root, Model]) { RedirectStandardOutput = true };
        foreach ((string variable, string value) in environment)
        {
            start.Environment[variable] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Permissions do not hold root back.</summary>
    private static string AsOther(params string[] arguments)
    {
        string[] command = ["dotnet", typeof(CacheProcessTests).Assembly.Location, .. arguments];
        return Environment.UserName == "root"
            ? Child.Start("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", .. command], ("HOME", "/nonexistent"))
            : Child.Start(command[0], command[1..]);
    }
}
