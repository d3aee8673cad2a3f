using System.Globalization;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Kernels that TensorRT for RTX compiles where it runs. The host SDK does so too at level rtx-1.6.1, which has a lane of its own:
/// <c>./build.sh test --tensorrt rtx-1.6.1</c>.</summary>
public sealed class RuntimeCacheTests
{
    private string _folder = "";

    private string PlanFile => Path.Combine(_folder, "addOne.plan");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pinion-runtime-cache-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Other_SDKs_refuse_a_path()
    {
        using Engine engine = TestEngines.Identity();
        if (CompilesKernels(engine))
        {
            Assert.Ignore("this SDK compiles kernels where it runs");
        }

        PinionException error = Check.Throws<PinionException>(
            () => Engine.Load(TestEngines.IdentityPlan(), new EngineLoadOptions { RuntimeCachePath = Path.Combine(_folder, "kernels") }), "TensorRT for RTX");
        Assert.That(error.Status, Is.EqualTo(PinionStatus.Unsupported));
        Engine.Load(TestEngines.IdentityPlan(), new EngineLoadOptions { RuntimeCachePath = "" }).Dispose();
    }

    [Test]
    [Category("CompilesKernels")]
    public void Kernels_stay_beside_the_plan_once_a_session_is_warm()
    {
        SavePlan();
        Warm(new EngineLoadOptions());
        byte[] kept = File.ReadAllBytes(PlanFile + ".runtime-cache");

        Warm(new EngineLoadOptions());

        Assert.That(File.ReadAllBytes(PlanFile + ".runtime-cache"), Is.EqualTo(kept), "nothing was left to compile");
    }

    [Test]
    [Category("CompilesKernels")]
    public void The_options_say_where_they_stay_or_that_they_do_not()
    {
        SavePlan();
        string elsewhere = Path.Combine(_folder, "kernels");
        Warm(new EngineLoadOptions { RuntimeCachePath = elsewhere });
        Assert.That(new[] { elsewhere, PlanFile + ".runtime-cache" }.Select(File.Exists), Is.EqualTo(new[] { true, false }));

        File.Delete(elsewhere);
        Warm(new EngineLoadOptions { RuntimeCachePath = "" });
        Assert.That(new[] { elsewhere, PlanFile + ".runtime-cache" }.Select(File.Exists), Has.None.True);
    }

    [Test]
    [Category("CompilesKernels")]
    public void The_first_runs_time_has_the_compilers()
    {
        SavePlan();
        double[] times = [.. Child.Run("first-runs", PlanFile, ("PINION_HOST_TENSORRT_FAULTS", "jit=1000000")).Split(' ').Select(t => double.Parse(t, CultureInfo.InvariantCulture))];

        Assert.That(times, Has.Length.EqualTo(3));
        Assert.That(times[..2], Has.All.GreaterThanOrEqualTo(1000), "of two shapes");
        Assert.That(times[2], Is.GreaterThan(0).And.LessThan(1000), "nothing was left to compile");
    }

    private static bool CompilesKernels(Engine engine) => engine.Description.Json.Contains("\"targets\"", StringComparison.Ordinal);

    private void SavePlan()
    {
        using Plan plan = EngineBuilder.Build(TestModels.AddOne.ToBytes(), new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] });
        plan.Save(PlanFile);
        using var engine = Engine.Load(PlanFile, new EngineLoadOptions { RuntimeCachePath = "" });
        if (!CompilesKernels(engine))
        {
            Assert.Ignore("this SDK compiles nothing where it runs");
        }
    }

    private void Warm(EngineLoadOptions options)
    {
        using var engine = Engine.Load(PlanFile, options);
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1, 2] });
        session.SetShape("x", new TensorShape(2, 4));
        session.Input<float>("x").Fill(1);
        session.Run();
        Check.Equal(session.Output<float>("y"), 2, 2, 2, 2, 2, 2, 2, 2);
    }
}
