using System.Runtime.InteropServices;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>A cache gives the plan that was asked for: from its folder where it is there and whole, built else, and says why.</summary>
public sealed class EngineCacheTests
{
    private static readonly EngineBuildOptions AddOneOptions = new() { Profiles = [TestModels.AddOneProfile] };
    private static readonly EngineCacheOptions InProcess = new() { InProcess = true };

    private TemporaryFolder _folder = null!;

    private string Root => _folder["cache"];

    private string Model => _folder["add.onnx"];

    [SetUp]
    public void MakeModel()
    {
        _folder = new TemporaryFolder();
        TestModels.AddOne.Save(Model);
    }

    [TearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task The_first_request_builds_in_a_process_of_its_own_and_the_second_finds_the_plan()
    {
        var cache = new EngineCache(Root);
        using CachedPlan built = await cache.GetOrBuildAsync(Model, AddOneOptions).Guard();
        using CachedPlan found = await cache.GetOrBuildAsync(Model, AddOneOptions).Guard();

        Assert.That(built.Report.Outcome, Is.EqualTo(CacheOutcome.Built));
        Assert.That(built.Report.Reasons, Is.EqualTo(new[] { $"the cache has no engine of {Model}" }));
        Assert.That(built.Report.PeakMemoryBytes, Is.GreaterThan(1 << 20));
        Assert.That(found.Report.Outcome, Is.EqualTo(CacheOutcome.Hit));
        Assert.That(found.Report.Reasons, Is.Empty);
        Assert.That(found.Report.Entry.PlanBytes, Is.EqualTo(new FileInfo(found.Path!).Length));
        Assert.That(found.Report.Entry.TensorRt, Does.StartWith($"{PinionRuntime.Info.TensorRtLoaded}"));
        Assert.That(found.Report.Entry.Sdk, Is.EqualTo(PinionRuntime.Info.Sdk));
        Assert.That(found.Path, Is.EqualTo(built.Path));
        Assert.That(found.Description.ModelName, Is.EqualTo("add.onnx"));
        Assert.That(Names(), Is.EqualTo(new[] { Key(found) + ".json", Key(found) + ".plan", CacheFolder.MarkerName }));
        found.Save(_folder["out.plan"]);
        Check.Equal<byte>(File.ReadAllBytes(_folder["out.plan"]), File.ReadAllBytes(found.Path!));
        using var bytes = new MemoryStream();
        found.CopyTo(bytes);
        Check.Equal<byte>(bytes.ToArray(), File.ReadAllBytes(found.Path!));
    }

    [Test]
    public async Task A_plan_that_is_of_no_use_is_built_anew_once()
    {
        var cache = new EngineCache(Root, InProcess);
        using CachedPlan refused = await cache.GetOrBuildAsync(Model, AddOneOptions).Guard();
        using CachedPlan rebuilt = await cache.RebuildAsync(refused, "it is of no use", Model, AddOneOptions).Guard();
        using CachedPlan late = await cache.RebuildAsync(refused, "it is of no use", Model, AddOneOptions).Guard();

        Assert.That(rebuilt.Report.Outcome, Is.EqualTo(CacheOutcome.Built));
        Assert.That(rebuilt.Report.Reasons, Is.EqualTo(new[] { "it is of no use" }));
        Assert.That(late.Report.Outcome, Is.EqualTo(CacheOutcome.Hit), "somebody has done it already");
        Assert.That(late.Report.Entry.BuiltAt, Is.EqualTo(rebuilt.Report.Entry.BuiltAt));
        Assert.That(cache.List().Entries, Has.Count.EqualTo(1));
    }

    [Test]
    public void All_that_is_wrong_with_build_options_is_found_at_once() => Assert.That(
        new EngineBuildOptions { Device = -1, OptimizationLevel = 9, Profiles = [null!], LayerPrecisions = [new LayerPrecision("conv", Precision.Fp16)] }.FindProblems().Select(p => p.ParamName),
        Is.EqualTo(new[] { "Device", "OptimizationLevel", "Profiles", "LayerPrecisions" }));

    [Test]
    public void An_engine_comes_loaded()
    {
        var cache = new EngineCache(Root, InProcess);
        using (Engine engine = cache.LoadOrBuild(Model, AddOneOptions).Engine)
        {
        }

        CachedEngine found = cache.LoadOrBuild(Model, AddOneOptions);
        using (Engine engine = found.Engine)
        {
            Assert.That(found.Report.Outcome, Is.EqualTo(CacheOutcome.Hit));
            RunsRight(engine);
        }
    }

    [Test]
    public void The_path_of_the_model_does_not_matter_and_its_content_does()
    {
        var cache = new EngineCache(Root, InProcess);
        cache.GetOrBuild(Model, AddOneOptions).Dispose();
        Directory.CreateDirectory(_folder["elsewhere"]);
        string copy = _folder[Path.Combine("elsewhere", "other.onnx")];
        File.Copy(Model, copy);
        using (CachedPlan found = cache.GetOrBuild(copy, AddOneOptions))
        {
            Assert.That(found.Report.Outcome, Is.EqualTo(CacheOutcome.Hit));
        }

        Twice().Save(Model);
        using CachedPlan changed = cache.GetOrBuild(Model, AddOneOptions);
        Assert.That(changed.Report.Outcome, Is.EqualTo(CacheOutcome.Built));
        Assert.That(changed.Report.Reasons.Single(), Does.StartWith("the content of the model ("));
    }

    [Test]
    public void The_content_of_external_data_matters()
    {
        OnnxModel model = new OnnxModel().Input("x", OnnxType.Float32, 1, 8).Output("y", OnnxType.Float32, 1, 4)
            .ExternalConstant("w", [8, 4], "weights.bin").Node("MatMul", ["x", "w"], ["y"]);
        float[] weights = TestModels.DenseWeights();
        File.WriteAllBytes(_folder["weights.bin"], MemoryMarshal.AsBytes(weights.AsSpan()).ToArray());
        string path = model.Save(_folder["external.onnx"]);
        var cache = new EngineCache(Root, InProcess);
        cache.GetOrBuild(path).Dispose();
        weights[7]++;
        File.WriteAllBytes(_folder["weights.bin"], MemoryMarshal.AsBytes(weights.AsSpan()).ToArray());

        using CachedPlan changed = cache.GetOrBuild(path);

        Assert.That(changed.Report.Outcome, Is.EqualTo(CacheOutcome.Built));
        Assert.That(changed.Report.Reasons.Single(), Does.StartWith("the content of the weights file 'weights.bin' ("));
    }

    [Test]
    public void A_changed_option_is_told()
    {
        var cache = new EngineCache(Root, InProcess);
        cache.GetOrBuild(Model, AddOneOptions).Dispose();
        EngineBuildOptions other = AddOneOptions with { Profiles = [OptimizationProfile.Parse("x:min=1x4,opt=4x4,max=32x4")], WorkspaceBytes = 1 << 20 };

        CacheExplanation why = cache.Explain(Model, other);
        Assert.That(why.Reasons, Is.EqualTo(new[] { "workspace bytes 1048576 instead of default", "profile x max 32x4 instead of 16x4" }));
        Assert.That(why.Entry, Is.Null);
        Assert.That(Names(), Has.Length.EqualTo(3), "nothing is written");

        using CachedPlan built = cache.GetOrBuild(Model, other);
        Assert.That(built.Report.Reasons, Is.EqualTo(why.Reasons));
        Assert.That(cache.Explain(Model, other).Entry!.Key, Is.EqualTo(Key(built)));
        Assert.That(cache.Explain(Model, other).Reasons, Is.Empty);
        // The most similar one, not the newest.
        Assert.That(cache.Explain(Model, AddOneOptions with { AllowTf32 = true }).Reasons, Is.EqualTo(new[] { "TF32 yes instead of no" }));
    }

    [Test]
    public void A_model_that_is_made_is_not_made_for_a_hit()
    {
        int made = 0;
        ModelSource Source(string seed) => ModelSource.FromMaker("made:add", [new CacheIngredient("seed", seed)], (stream, _) =>
        {
            made++;
            stream.Write(TestModels.AddOne.ToBytes());
        });
        var cache = new EngineCache(Root, InProcess);

        cache.GetOrBuild(Source("1"), AddOneOptions).Dispose();
        using (CachedPlan found = cache.GetOrBuild(Source("1"), AddOneOptions))
        {
            Assert.That((found.Report.Outcome, made), Is.EqualTo((CacheOutcome.Hit, 1)));
            Assert.That(found.Description.ModelName, Is.EqualTo("add.onnx"));
        }

        using CachedPlan other = cache.GetOrBuild(Source("2"), AddOneOptions);
        Assert.That(other.Report.Reasons, Is.EqualTo(new[] { "model seed 2 instead of 1" }));
        Assert.That(Names(), Has.None.StartsWith("."), "the model that was made is gone");
        Check.Throws<ArgumentException>(() => ModelSource.FromMaker("x", [new("a", "1"), new("a", "2")], (_, _) => { }), "'a' is given twice");
    }

    [Test]
    public void What_else_decides_can_be_told()
    {
        var cache = new EngineCache(Root, InProcess);
        ModelSource With(string recipe) => ModelSource.FromFile(Model, [new CacheIngredient("recipe", recipe)]);
        cache.GetOrBuild(With("a"), AddOneOptions).Dispose();
        using CachedPlan other = cache.GetOrBuild(With("b"), AddOneOptions);
        Assert.That(other.Report.Reasons, Is.EqualTo(new[] { "model recipe b instead of a" }));
    }

    [Test]
    public void A_timing_cache_that_a_build_has_filled_is_that_of_its_plan()
    {
        EngineBuildOptions options = AddOneOptions with { TimingCachePath = _folder["timing.cache"] };
        var cache = new EngineCache(Root, InProcess);
        cache.GetOrBuild(Model, options).Dispose();
        using (CachedPlan found = cache.GetOrBuild(Model, options))
        {
            Assert.That(found.Report.Outcome, Is.EqualTo(CacheOutcome.Hit));
        }

        File.Delete(options.TimingCachePath);
        using CachedPlan again = cache.GetOrBuild(Model, options);
        Assert.That(again.Report.Outcome, Is.EqualTo(CacheOutcome.Built));
        Assert.That(again.Report.Reasons.Single(), Does.StartWith("timing cache empty instead of "));
    }

    [Test]
    public void A_model_that_changes_during_the_build_is_not_kept()
    {
        var cache = new EngineCache(Root, InProcess);
        var receiver = new IsolatedBuildTests.Receiver(p =>
        {
            if (p.Phase == "build")
            {
                Twice().Save(Model);
            }
        });
        Check.Throws<IOException>(() => cache.GetOrBuild(Model, AddOneOptions, receiver), "While the engine of", "add.onnx was built, this changed: the content of the model (", "is not kept: build it again");
        Assert.That(Names(), Is.EqualTo(new[] { CacheFolder.MarkerName }));
    }

    [Test]
    public void A_build_that_fails_leaves_nothing()
    {
        File.WriteAllText(Model, "no model");
        var cache = new EngineCache(Root);
        Assert.That(Assert.Throws<PinionException>(() => cache.GetOrBuild(Model))!.Status, Is.EqualTo(PinionStatus.Parse));
        Assert.That(Names(), Is.EqualTo(new[] { CacheFolder.MarkerName }));
        Check.Throws<FileNotFoundException>(() => cache.GetOrBuild(_folder["absent.onnx"]), "absent.onnx does not exist");
        Check.Throws<FileNotFoundException>(() => cache.GetOrBuild(_folder.Path), "is a folder; give a file");
    }

    [Test]
    public void Two_threads_at_once_build_once()
    {
        var cache = new EngineCache(Root, InProcess);
        Task<CachedPlan>[] requests = [.. Enumerable.Range(0, 4).Select(_ => cache.GetOrBuildAsync(Model, AddOneOptions))];
        CachedPlan[] plans = Task.WhenAll(requests).Guard().GetAwaiter().GetResult();
        Assert.That(plans.Count(p => p.Report.Outcome == CacheOutcome.Built), Is.EqualTo(1));
        Array.ForEach(plans, p => p.Dispose());
    }

    [Test]
    public void A_cancellation_ends_the_wait_for_another()
    {
        var cache = new EngineCache(Root, InProcess);
        string key = cache.GetOrBuild(Model, AddOneOptions).Report.Entry.Key;
        File.Delete(_folder[Path.Combine("cache", key + ".json")]);
        using KeyLock held = KeyLock.TryTake(CacheFolder.Open(Root), key)!;
        using var cancellation = new CancellationTokenSource();
        var receiver = new IsolatedBuildTests.Receiver(p =>
        {
            Assert.That(p.Phase, Is.EqualTo("wait"));
            cancellation.Cancel();
        });
        Assert.That(async () => await cache.GetOrBuildAsync(Model, AddOneOptions, receiver, cancellation.Token).Guard(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void The_least_recently_used_go_first_and_never_one_in_use()
    {
        var cache = new EngineCache(Root, InProcess);
        string[] keys = [.. Enumerable.Range(1, 4).Select(i =>
        {
            using CachedPlan plan = cache.GetOrBuild(Model, With(i));
            return Key(plan);
        })];
        for (int i = 0; i < keys.Length; i++)
        {
            File.SetLastWriteTimeUtc(_folder[Path.Combine("cache", keys[i] + ".json")], DateTime.UtcNow.AddDays(i - 10));
        }

        long one = cache.List().Entries[0].SizeBytes;
        using CachedPlan inUse = cache.GetOrBuild(Model, With(1));
        File.SetLastWriteTimeUtc(_folder[Path.Combine("cache", keys[0] + ".json")], DateTime.UtcNow.AddDays(-20));

        CachePruning pruning = cache.Prune(2 * one + (one / 2));

        Assert.That(pruning.Deleted.Select(e => e.Key), Is.EqualTo(new[] { keys[1], keys[2] }));
        Assert.That(pruning.Kept.Select(e => e.Key), Is.EqualTo(new[] { keys[0] }));
        Assert.That(pruning.SizeBytes, Is.EqualTo(cache.List().Entries.Sum(e => e.SizeBytes)).And.LessThan(2 * one + (one / 2)));
        Assert.That(File.Exists(inUse.Path), Is.True);
        Assert.That(cache.Prune(olderThan: TimeSpan.FromDays(5)).Deleted.Select(e => e.Key), Is.EqualTo(new[] { keys[3] }));

        // A new plan is in use by whoever asked for it, and the others go.
        inUse.Dispose();
        using CachedPlan last = new EngineCache(Root, InProcess with { MaxBytes = 1 }).GetOrBuild(Model, With(9));
        Assert.That(last.Report.Deleted.Select(e => e.Key), Is.EqualTo(new[] { keys[0] }));
        Assert.That(cache.List().Entries.Select(e => e.Key), Is.EqualTo(new[] { Key(last) }));

        static EngineBuildOptions With(int copies) => AddOneOptions with { ProfileCopies = copies };
    }

    [Test]
    public void Leftovers_go_with_the_next_build_and_strangers_stay()
    {
        var cache = new EngineCache(Root, InProcess);
        cache.GetOrBuild(Model, AddOneOptions).Dispose();
        string orphan = new('a', 64);
        string[] left = [$"{orphan}.plan", $".{orphan}.plan.01234567.tmp", $"{orphan}.lock", $"{orphan}.json"];
        foreach (string name in left)
        {
            File.WriteAllText(_folder[Path.Combine("cache", name)], "half of someth");
        }

        string kernels = Path.GetFileName(cache.List().Entries[0].Path) + ".runtime-cache";
        File.WriteAllText(_folder[Path.Combine("cache", kernels)], "kernels");
        File.WriteAllText(_folder[Path.Combine("cache", kernels + ".lock")], "");
        Assert.That(cache.List().Entries[0].SizeBytes, Is.EqualTo(Directory.GetFiles(Root).Where(f => Path.GetFileName(f)[0] is >= '0' and <= 'f' && !f.Contains(orphan, StringComparison.Ordinal)).Sum(f => new FileInfo(f).Length)));
        Directory.CreateDirectory(_folder[Path.Combine("cache", $".{orphan}.model")]);
        File.WriteAllText(_folder[Path.Combine("cache", $".{orphan}.model", "m.onnx")], "half");
        File.WriteAllText(_folder[Path.Combine("cache", "notes.txt")], "mine");
        Assert.That(cache.List().Strangers, Is.EqualTo(new[] { "notes.txt" }));
        Assert.That(cache.List().Problems.Select(p => p.Key), Is.EqualTo(new[] { orphan }));

        cache.GetOrBuild(Model, AddOneOptions with { AllowTf32 = true }).Dispose();

        Assert.That(Names(), Has.None.Contains(orphan));
        Assert.That(cache.Verify().Entries, Has.Count.EqualTo(2));
        Assert.That(Names(), Has.Member("notes.txt").And.Member(kernels).And.Member(kernels + ".lock"));
        Assert.That(cache.Prune().Leftovers, Is.Zero);
        cache.Prune(maxBytes: 0);
        Assert.That(Names(), Is.EqualTo(new[] { "notes.txt", CacheFolder.MarkerName }));
    }

    /// <summary>It would be read without end.</summary>
    [Test]
    public void A_device_is_no_file_of_weights()
    {
        OnnxModel model = new OnnxModel().Input("x", OnnxType.Float32, 1, 8).Output("y", OnnxType.Float32, 1, 4)
            .ExternalConstant("w", [8, 4], "../../../../../../../../../../dev/zero").Node("MatMul", ["x", "w"], ["y"]);
        CacheExplanation why = new EngineCache(Directory.CreateDirectory(Root).FullName).Explain(model.Save(_folder["device.onnx"]));
        Assert.That(why.Entry, Is.Null);
    }

    [Test]
    public void Another_folder_is_refused()
    {
        var cache = new EngineCache(_folder.Path, InProcess);
        Check.Throws<IOException>(() => cache.GetOrBuild(Model), "is no engine cache: it holds add.onnx", "Give an empty or new folder");
        Check.Throws<IOException>(() => cache.List(), "is no engine cache");
        Check.Throws<IOException>(() => new EngineCache(Model, InProcess).GetOrBuild(Model), "add.onnx is a file; a cache is a folder");
        Check.Throws<DirectoryNotFoundException>(() => new EngineCache(_folder["absent"]).List(), "absent does not exist");
        Assert.That(_folder.Files(), Is.EqualTo(new[] { "add.onnx" }));
        Directory.CreateDirectory(_folder["empty"]);
        new EngineCache(_folder["empty"], InProcess).GetOrBuild(Model, AddOneOptions).Dispose();
    }

    /// <summary>What that SDK's version is, its own process tells; nothing of it is loaded here.</summary>
    [Test, Category("Rtx")]
    public async Task A_plan_of_another_sdk_is_found_too()
    {
        if (Bindings.BuilderFiles.Find("rtx", PinionRuntime.EnsureLoaded()).Library is null)
        {
            Assert.Ignore("there is no library of SDK rtx: ./build.sh rtx --sdk DIR");
        }

        var cache = new EngineCache(Root, new EngineCacheOptions { Isolation = new IsolationOptions { Sdk = Sdk.Rtx } });
        EngineBuildOptions options = AddOneOptions with { Targets = GpuTarget.Parse("a10") };
        using CachedPlan built = await cache.GetOrBuildAsync(Model, options).Guard();
        using CachedPlan found = await cache.GetOrBuildAsync(Model, options).Guard();
        Assert.That(found.Report.Outcome, Is.EqualTo(CacheOutcome.Hit));
        Assert.That(found.Report.Entry.Sdk, Is.EqualTo(Sdk.Rtx));
        Assert.That(Version.Parse(found.Report.Entry.TensorRt).Revision, Is.GreaterThanOrEqualTo(0), "all four numbers are known");
        using CachedPlan other = await cache.GetOrBuildAsync(Model, options with { Targets = GpuTarget.Parse("t4") }).Guard();
        Assert.That(other.Report.Reasons, Is.EqualTo(new[] { "targets SM 7.5 instead of SM 8.6" }));
    }

    [Test]
    public void Options_that_contradict_each_other_are_refused()
    {
        Check.Throws<ArgumentOutOfRangeException>(() => _ = new EngineCache("x", new EngineCacheOptions { MaxBytes = 0 }), "MaxBytes");
        Check.Throws<ArgumentException>(() => _ = new EngineCache("x", new EngineCacheOptions { InProcess = true, Isolation = new IsolationOptions { MemoryLimitBytes = 1 } }), "leave one of them out");
        Check.Throws<ArgumentOutOfRangeException>(() => _ = new EngineCache("x", new EngineCacheOptions { Isolation = new IsolationOptions { TimeLimit = TimeSpan.Zero } }), "TimeLimit");
        Check.Throws<ArgumentOutOfRangeException>(() => new EngineCache(Root).GetOrBuild(Model, new EngineBuildOptions { OptimizationLevel = 9 }), "0 to 5");
        Assert.That(Directory.Exists(Root), Is.False);
    }

    private static OnnxModel Twice() => new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4)
        .Constant("two", [1], [2f]).Node("Mul", ["x", "two"], ["y"]);

    private static void RunsRight(Engine engine)
    {
        using Session session = engine.CreateSession();
        session.SetShape("x", [1, 4]);
        session.Input<float>("x").Fill(1);
        session.Run();
        Check.Equal(session.Output<float>("y"), [2, 2, 2, 2]);
    }

    private static string Key(CachedPlan plan) => plan.Report.Entry.Key;

    private string[] Names() => [.. Directory.GetFileSystemEntries(Root).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];
}
