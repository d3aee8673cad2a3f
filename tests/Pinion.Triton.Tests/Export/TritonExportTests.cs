namespace Pinion.Triton.Tests;

/// <summary>The export as a C# program calls it; what the command line makes of it is tested there.</summary>
public sealed class TritonExportTests
{
    private static readonly TritonExportOptions Options = new() { Name = "rec", AllowHostPlan = true };

    private TemporaryFolder _folder = null!;

    private string Plan => _folder["rec.plan"];

    private string Repository => _folder["repo"];

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        OnnxModel model = new OnnxModel().Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4).Node("Identity", ["x"], ["y"]);
        using Plan plan = EngineBuilder.Build(model.ToBytes(), new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:min=1x4,opt=4x4,max=12x4")] });
        plan.Save(Plan);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void What_is_exported_is_found_by_the_scan()
    {
        var export = TritonExport.Prepare(Plan, Repository, Options);
        Assert.That(Directory.Exists(Repository), Is.False, "nothing is made before it is written");
        Assert.That((export.MaxBatch, export.Plan.IsHost), Is.EqualTo((12, true)));
        Assert.That(export.BatchSizes(measured: null), Is.EqualTo(new[] { 1, 2, 4, 8, 12 }));
        var measured = new MeasuredLatencies("a machine", [new(1, 1, 1000), new(8, 2, 4000)]);
        Assert.That(export.BatchSizes(measured), Is.EqualTo(new[] { 1, 8 }));
        GraphSpec[] graphs = [new(8, new Dictionary<string, TensorShape> { ["x"] = new(4) })];
        TritonExportResult written = export.Write(PreferredBatches.Choose(measured.Batches), graphs, measured);

        RepositoryModel model = ModelRepository.Scan(Repository).Single();
        Assert.That((model.Name, model.PlanPath), Is.EqualTo(("rec", Path.GetFullPath(written.PlanPath))));
        Assert.That(model.Warnings, Is.Empty);
        Assert.That(model.Config!.DynamicBatching!.PreferredBatchSizes, Is.EqualTo(new[] { 8 }));
        Assert.That(model.Config.Cuda!.GraphSpecs.Select(g => g.BatchSize), Is.EqualTo(new[] { 8 }));
        Assert.That(File.ReadAllText(written.ConfigPath), Does.StartWith("# Written by Pinion from rec.plan (TensorRT ").And.Contain("# Measured on: a machine\n"));
    }

    [Test]
    public void Refusals_say_of_what_kind_they_are()
    {
        TritonExport.Prepare(Plan, Repository, Options).Write([], []);
        Assert.That(() => TritonExport.Prepare(Plan, Repository, Options), Refuses(ExportRefusal.Exists));
        Assert.That(() => TritonExport.Prepare(Plan, Repository, Options with { AllowHostPlan = false, Version = 2 }), Refuses(ExportRefusal.HostPlan));
        Assert.That(() => TritonExport.Prepare(Plan, Repository, Options with { Version = 2 }).Write([4], []), Refuses(ExportRefusal.ConfigDiffers));
        Assert.That(() => TritonExport.Prepare(Plan, Plan, Options), Refuses(ExportRefusal.Folder));
        Assert.That(Directory.GetDirectories(Path.Combine(Repository, "rec")).Select(Path.GetFileName), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public void Wrong_options_are_named()
    {
        Assert.That(Wrong(Options with { Name = "../rec" }), Is.EqualTo("Name"));
        Assert.That(Wrong(Options with { Version = 0 }), Is.EqualTo("Version"));
        Assert.That(Wrong(Options with { Instances = 65 }), Is.EqualTo("Instances"));
        Assert.That(Wrong(Options with { Profile = 1 }), Is.EqualTo("Profile"));
        Assert.That(Wrong(Options with { Batches = [16] }), Is.EqualTo("Batches"));
        Assert.That(Wrong(Options with { MaxDelay = TimeSpan.FromTicks(-1) }), Is.EqualTo("MaxDelay"));
        string Wrong(TritonExportOptions options) => Assert.Throws<ExportOptionException>(() => TritonExport.Prepare(Plan, Repository, options))!.Option;
    }

    [Test]
    public void A_cancelled_export_leaves_nothing()
    {
        var export = TritonExport.Prepare(Plan, Repository, Options);
        Assert.That(() => export.Write([], [], cancellation: new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.Exists(Repository), Is.False);
    }

    private static NUnit.Framework.Constraints.EqualConstraint<ExportRefusal> Refuses(ExportRefusal refusal) =>
        Throws.TypeOf<ExportException>().With.Property(nameof(ExportException.Refusal)).EqualTo(refusal);
}
