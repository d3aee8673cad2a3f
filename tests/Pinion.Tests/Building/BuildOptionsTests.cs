using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Tests;

public sealed class BuildOptionsTests
{
    private static readonly byte[] Model = TestModels.Identity.ToBytes();

    [Test]
    public void Defaults_are_the_documented_ones()
    {
        var options = new EngineBuildOptions();

        Assert.That(options.Precision, Is.EqualTo(Precision.Fp32));
        Assert.That(options.AllowTf32, Is.False);
        Assert.That(options.WorkspaceBytes, Is.Zero);
        Assert.That(options.OptimizationLevel, Is.Null);
        Assert.That(options.TacticSources, Is.Null);
        Assert.That(options.ProfileCopies, Is.EqualTo(1));
        Assert.That(options.Profiles, Is.Empty);
        Assert.That(options.Raw, Is.False);
    }

    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return new TestCaseData(new EngineBuildOptions { Precision = (Precision)7 }, "Precision");
        yield return new TestCaseData(new EngineBuildOptions { OptimizationLevel = 6 }, "0 to 5");
        yield return new TestCaseData(new EngineBuildOptions { OptimizationLevel = -1 }, "0 to 5");
        yield return new TestCaseData(new EngineBuildOptions { TimingIterations = 0 }, "1 to 10,000");
        yield return new TestCaseData(new EngineBuildOptions { TimingIterations = 10_001 }, "1 to 10,000");
        yield return new TestCaseData(new EngineBuildOptions { WorkspaceBytes = -1 }, "WorkspaceBytes");
        yield return new TestCaseData(new EngineBuildOptions { Device = -1 }, "Device");
        yield return new TestCaseData(new EngineBuildOptions { ProfileCopies = 0 }, "ProfileCopies");
        yield return new TestCaseData(new EngineBuildOptions { PluginLibraries = [null!] }, "PluginLibraries[0]");
        yield return new TestCaseData(new EngineBuildOptions { Profiles = null! }, "Profiles");
        yield return new TestCaseData(new EngineBuildOptions { LayerPrecisions = [new LayerPrecision("*", Precision.Fp32)] }, "Prefer or Obey");
    }

    [TestCaseSource(nameof(Wrong))]
    public void A_wrong_option_is_named_before_anything_is_done(EngineBuildOptions options, string named)
    {
        Assert.That(() => EngineBuilder.Build(Model, options), Throws.InstanceOf<ArgumentException>().With.Message.Contains(named));
        Assert.That(() => EngineBuilder.BuildAsync("model.onnx", options), Throws.InstanceOf<ArgumentException>().With.Message.Contains(named));
    }

    [Test]
    public void The_number_of_timing_runs_is_kept_in_the_plan()
    {
        using Plan plan = EngineBuilder.Build(Model, new EngineBuildOptions { TimingIterations = 4 });
        using var json = JsonDocument.Parse(plan.Description.Json);
        Assert.That(json.RootElement.GetProperty("options").GetProperty("timingIterations").GetInt32(), Is.EqualTo(4));
    }

    [Test]
    public void An_option_that_this_TensorRT_lacks_is_refused_not_ignored()
    {
        bool hasLevels = PinionRuntime.Info.TensorRtLoaded >= new Version(8, 6);
        var options = new EngineBuildOptions { OptimizationLevel = 2 };
        if (hasLevels)
        {
            using Plan plan = EngineBuilder.Build(Model, options);
            Assert.That(plan.SizeBytes, Is.Positive);
        }
        else
        {
            PinionException e = Check.Throws<PinionException>(() => EngineBuilder.Build(Model, options), "8.6");
            Assert.That(e.Status, Is.EqualTo(PinionStatus.Unsupported));
        }
    }

    [Test]
    public void Workspace_and_verbosity_and_tactics_are_accepted()
    {
        var options = new EngineBuildOptions
        {
            WorkspaceBytes = 64 << 20,
            ProfilingVerbosity = ProfilingVerbosity.Detailed,
            TacticSources = TacticSources.CuBlas | TacticSources.CuBlasLt,
            AllowTf32 = true,
        };

        using Plan plan = EngineBuilder.Build(Model, options);
        Assert.That(plan.SizeBytes, Is.Positive);
    }
}
