using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>NVIDIA's TensorRT for RTX, which builds on machines without a GPU.</summary>
[Category("Rtx")]
public sealed class RtxBuildTests
{
    private static readonly object[] Refused =
    [
        new object[] { new EngineBuildOptions { VersionCompatible = true }, "version compatibility" },
        new object[] { new EngineBuildOptions { HardwareCompatibility = HardwareCompatibility.AmperePlus }, "hardware compatibility level" },
        new object[] { new EngineBuildOptions { TacticSources = TacticSources.None }, "tactic sources" },
        new object[] { new EngineBuildOptions { TimingIterations = 8 }, "timing iterations" },
        new object[] { new EngineBuildOptions { TimingCachePath = Path.Combine(Path.GetTempPath(), "no.cache") }, "timing cache" },
    ];

    [Test]
    public void The_sdk_builds_here_and_says_whether_it_runs()
    {
        Assert.That(PinionRuntime.Info.Sdk, Is.EqualTo(Sdk.Rtx));
        Assert.That(PinionRuntime.CannotBuild, Is.Null);
        Assert.That(PinionRuntime.CannotRun, Is.Null.Or.Contains("no CUDA device"));
    }

    [Test]
    public void A_plan_tells_its_targets()
    {
        using Plan plan = EngineBuilder.Build(TestModels.Identity.ToBytes(), new EngineBuildOptions { Targets = GpuTarget.Parse("l4,t4") });
        using Plan unnamed = EngineBuilder.Build(TestModels.Identity.ToBytes());

        Assert.That(plan.Description.Targets, Is.EqualTo(new[] { new Version(7, 5), new Version(8, 9) }));
        Assert.That(plan.Description.Sdk, Is.EqualTo(Sdk.Rtx));
        Assert.That(plan.Description.TensorRt, Is.EqualTo(PinionRuntime.Info.TensorRtLoaded));
        Assert.That(plan.Description.DeviceName, Is.Null);
        Assert.That(unnamed.Description.Targets, Is.Empty);
    }

    [TestCaseSource(nameof(Refused))]
    public void An_option_that_it_has_no_use_for_is_refused_by_name(EngineBuildOptions options, string name)
    {
        PinionException e = Check.Throws<PinionException>(() => EngineBuilder.Build(TestModels.Identity.ToBytes(), options), $"TensorRT for RTX has no {name}");

        Assert.That(e.Status, Is.EqualTo(PinionStatus.Unsupported));
    }

    [Test]
    public void A_model_in_fp32_is_not_built_as_fp16() =>
        Check.Throws<PinionException>(() => EngineBuilder.Build(TestModels.Identity.ToBytes(), new EngineBuildOptions { Precision = Precision.Fp16 }), "the model computes in FP32");

    [Test]
    public void One_plan_is_for_every_target()
    {
        using Plan plan = EngineBuilder.Build(TestModels.Dense.ToBytes(), new EngineBuildOptions { Profiles = [TestModels.DenseProfile], Targets = GpuTarget.Parse("all") });

        Assert.That(plan.Description.Targets, Is.EqualTo(GpuTarget.All.Select(t => t.ComputeCapability)));
    }

    [Test]
    public void A_plan_is_not_loaded_without_a_gpu()
    {
        if (PinionRuntime.CannotRun is null)
        {
            Assert.Ignore("engines run here");
        }

        using Plan plan = EngineBuilder.Build(TestModels.Identity.ToBytes());

        Assert.That(Check.Throws<PinionException>(() => Engine.Load(plan), "no CUDA device").Status, Is.EqualTo(PinionStatus.NoDevice));
    }

    [Test]
    public void Its_own_phases_are_reported_within_the_build()
    {
        var reports = new List<BuildProgress>();

        EngineBuilder.Build(TestModels.Dense.ToBytes(), new EngineBuildOptions { Profiles = [TestModels.DenseProfile] }, progress: new Collector(reports.Add)).Dispose();

        Assert.That(reports.Where(r => string.IsNullOrEmpty(r.Parent)).Select(r => (r.Phase, r.Step)),
            Is.EqualTo(new[] { ("parse", 0), ("parse", 1), ("build", 0), ("build", 1), ("serialize", 0), ("serialize", 1) }));
        Assert.That(reports.Count(r => r.Parent == "build"), Is.Positive);
    }

    private sealed class Collector(Action<BuildProgress> report) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value) => report(value);
    }
}
