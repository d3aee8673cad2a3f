using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Whatever happens to the files of a cache, it gives the plan that was asked for, and tells what was wrong.</summary>
public sealed class CacheDamageTests
{
    private const int Samples = 40;

    private TemporaryFolder _folder = null!;
    private EngineCache _cache = null!;
    private string _plan = "";
    private string _entry = "";
    private byte[] _planBytes = [];
    private byte[] _entryBytes = [];

    private string Model => _folder["identity.onnx"];

    [SetUp]
    public void Build()
    {
        _folder = new TemporaryFolder();
        TestModels.Identity.Save(Model);
        _cache = new EngineCache(_folder["cache"], new EngineCacheOptions { InProcess = true });
        using CachedPlan built = _cache.GetOrBuild(Model);
        _plan = built.Path!;
        _entry = Path.ChangeExtension(_plan, ".json");
        _planBytes = File.ReadAllBytes(_plan);
        _entryBytes = File.ReadAllBytes(_entry);
    }

    [TearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void A_damaged_byte_of_a_plan_is_found_and_the_plan_is_built_anew()
    {
        foreach (int at in Sample(_planBytes.Length))
        {
            File.WriteAllBytes(_plan, Flipped(_planBytes, at));
            Assert.That(_cache.Verify().Problems.Single().Problem, Does.Contain("the plan's checksum does not match"));
            using CachedPlan plan = _cache.GetOrBuild(Model);
            Rebuilt(plan.Report, "the engine that was kept is damaged: the plan's checksum does not match");
            Assert.That(_cache.Verify().Problems, Is.Empty);
        }
    }

    [Test]
    public void So_it_is_where_loading_verifies_it()
    {
        foreach (int at in Sample(_planBytes.Length))
        {
            File.WriteAllBytes(_plan, Flipped(_planBytes, at));
            CachedEngine engine = _cache.LoadOrBuild(Model);
            engine.Engine.Dispose();
            Rebuilt(engine.Report, "the engine that was kept");
        }
    }

    [Test]
    public void A_damaged_byte_beside_a_plan_is_found_too()
    {
        foreach (int at in Sample(_entryBytes.Length))
        {
            byte[] damaged = Flipped(_entryBytes, at);
            File.WriteAllBytes(_entry, damaged);
            using CachedPlan plan = _cache.GetOrBuild(Model);
            if (plan.Report.Outcome == CacheOutcome.Hit)
            {
                // White space between the two parts; within them all is checked.
                Assert.That(char.IsWhiteSpace((char)_entryBytes[at]) && char.IsWhiteSpace((char)damaged[at]), $"byte {at}");
            }
            else
            {
                Rebuilt(plan.Report, "the engine that was kept is damaged: ");
            }

            Assert.That(_cache.Verify().Problems, Is.Empty);
            File.WriteAllBytes(_plan, _planBytes);
            File.WriteAllBytes(_entry, _entryBytes);
        }
    }

    [Test]
    public void A_file_cut_short_is_found([Values(0, 1, 2)] int parts, [Values] bool ofPlan)
    {
        byte[] bytes = ofPlan ? _planBytes : _entryBytes;
        File.WriteAllBytes(ofPlan ? _plan : _entry, bytes.AsSpan(0, (bytes.Length - 2) * parts / 2));
        using CachedPlan plan = _cache.GetOrBuild(Model);
        Rebuilt(plan.Report, "the engine that was kept is damaged: ");
    }

    [Test]
    public void A_missing_plan_is_told_and_a_missing_entry_is_none()
    {
        File.Delete(_plan);
        using (CachedPlan plan = _cache.GetOrBuild(Model))
        {
            Rebuilt(plan.Report, "the engine that was kept is damaged: its plan is missing");
        }

        File.Delete(_entry);
        using CachedPlan again = _cache.GetOrBuild(Model);
        Rebuilt(again.Report, "the cache has no engine of");
    }

    /// <summary>As another would be who renames files in the folder.</summary>
    [Test]
    public void A_sound_plan_of_something_else_is_not_taken()
    {
        byte[] other = EngineBuilder.Build(TestModels.Dense.ToBytes(), new EngineBuildOptions { Profiles = [TestModels.DenseProfile] }).Bytes.ToArray();
        File.WriteAllBytes(_plan, other);
        CachedEngine engine = _cache.LoadOrBuild(Model);
        engine.Engine.Dispose();
        Rebuilt(engine.Report, "the engine that was kept is damaged: the plan");

        string key = new('b', 64);
        File.Copy(_entry, Path.Combine(_cache.Folder, key + ".json"));
        File.Copy(_plan, Path.Combine(_cache.Folder, key + ".plan"));
        Assert.That(_cache.List().Problems.Single(), Is.EqualTo(new CacheProblem(key, $"{key}.json has another name than its ingredients give it")));
    }

    /// <summary>What TensorRT before version 10 does not tell of its version, loading does.</summary>
    [Test]
    public void A_plan_that_does_not_load_here_is_built_anew()
    {
        byte[] foreign = PlanEditor.WithTensorRt(_planBytes, 80500);
        File.WriteAllBytes(_plan, foreign);
        CacheEntry entry = _cache.List().Entries.Single();
        Seal(entry);

        CachedEngine engine = _cache.LoadOrBuild(Model);
        engine.Engine.Dispose();

        Rebuilt(engine.Report, "the engine that was kept does not load: ");
        Assert.That(_cache.LoadOrBuild(Model).Report.Outcome, Is.EqualTo(CacheOutcome.Hit));
    }

    private void Seal(CacheEntry entry)
    {
        using FileStream file = FileDigest.Open(_plan);
        string head = FileDigest.Of(file, 4096, default);
        file.Position = 0;
        File.WriteAllBytes(_entry, EntryFile.Write(entry with { HeadSha256 = head, PlanSha256 = FileDigest.Of(file, long.MaxValue, default) }));
    }

    private static void Rebuilt(CacheReport report, string words)
    {
        Assert.That(report.Outcome, Is.EqualTo(CacheOutcome.Built));
        Assert.That(report.Reasons.Single(), Does.StartWith(words));
    }

    /// <summary>The first and last bytes, and others over all of the file.</summary>
    private static IEnumerable<int> Sample(int length) => Enumerable.Range(0, Samples).Select(i => (int)((long)i * (length - 1) / (Samples - 1))).Distinct();

    private static byte[] Flipped(byte[] bytes, int at)
    {
        byte[] damaged = [.. bytes];
        damaged[at] ^= 1;
        return damaged;
    }
}
