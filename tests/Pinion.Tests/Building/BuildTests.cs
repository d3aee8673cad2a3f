using System.Runtime.InteropServices;
using Pinion.TestSupport;

namespace Pinion.Tests;

public sealed class BuildTests
{
    [Test]
    public void A_file_and_its_bytes_give_the_same_engine()
    {
        using var folder = new TemporaryFolder();
        string path = TestModels.AddOne.Save(folder["add.onnx"]);
        var options = new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] };

        using Plan fromFile = EngineBuilder.Build(path, options);
        using Plan fromMemory = EngineBuilder.Build(File.ReadAllBytes(path), options);

        foreach (Plan plan in new[] { fromFile, fromMemory })
        {
            using var engine = Engine.Load(plan);
            Assert.That(engine.Inputs, Is.EqualTo(new[] { new TensorInfo("x", TensorMode.Input, TensorDataType.Float32, [-1, 4]) }));
            Assert.That(engine.Outputs, Is.EqualTo(new[] { new TensorInfo("y", TensorMode.Output, TensorDataType.Float32, [-1, 4]) }));
        }
    }

    [Category("Builds")]
    [TestCase(OnnxType.Float16, Precision.Fp16)]
    [TestCase(OnnxType.Float32, Precision.Fp32)]
    public void A_plan_tells_that_its_model_is_FP16(OnnxType type, Precision precision)
    {
        byte[] model = new OnnxModel().Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32, 4)
            .Node("Cast", ["x"], ["a"], attributes: [OnnxAttributes.Int("to", (long)type)]).Node("Exp", ["a"], ["b"])
            .Node("Cast", ["b"], ["y"], attributes: [OnnxAttributes.Int("to", (long)OnnxType.Float32)]).ToBytes();

        using Plan plan = EngineBuilder.Build(model);

        Assert.That(plan.Description.Precision, Is.EqualTo(precision));
    }

    [Test]
    public void The_plan_describes_its_build()
    {
        using var folder = new TemporaryFolder();
        string path = TestModels.AddOne.Save(folder["add.onnx"]);
        using Plan plan = EngineBuilder.Build(path, new EngineBuildOptions { Precision = Precision.Fp16, Profiles = [TestModels.AddOneProfile] });
        plan.Save(folder["add.plan"]);

        PlanDescription description = Plan.Describe(folder["add.plan"]);

        RuntimeInfo info = PinionRuntime.Info;
        DeviceInfo device = PinionRuntime.GetDevices()[0];
        Assert.That(description.IsRaw, Is.False);
        Assert.That(description.Precision, Is.EqualTo(Precision.Fp16));
        Assert.That(description.TensorRt, Is.EqualTo(info.TensorRtLoaded));
        Assert.That(description.Sdk, Is.EqualTo(info.Sdk));
        Assert.That(description.DeviceName, Is.EqualTo(device.Name));
        Assert.That(description.ComputeCapability, Is.EqualTo(device.ComputeCapability));
        Assert.That(description.PinionVersion, Is.EqualTo(info.PinionVersion));
        Assert.That(description.ModelName, Is.EqualTo("add.onnx"));
        Assert.That(description.ModelSha256, Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))));
        Assert.That(description.Inputs.Select(t => t.Name), Is.EqualTo(new[] { "x" }));
        Assert.That(description.Outputs.Select(t => t.Name), Is.EqualTo(new[] { "y" }));
        Assert.That(description.Profiles.Single().Inputs["x"], Is.EqualTo(new ShapeRange([1, 4], [4, 4], [16, 4])));
        Assert.That(Plan.Describe(plan.Bytes).Json, Is.EqualTo(description.Json));
        Assert.That(plan.Description.Json, Is.EqualTo(description.Json));
    }

    [Test]
    public void A_raw_plan_is_TensorRTs_bytes_alone_and_loads()
    {
        using Plan raw = EngineBuilder.Build(TestModels.Identity.ToBytes(), new EngineBuildOptions { Raw = true });
        using var engine = Engine.Load(raw);

        Assert.That(raw.Description.IsRaw, Is.True);
        Assert.That(raw.Description.SizeBytes, Is.EqualTo(raw.SizeBytes));
        Assert.That(raw.Description.TensorRt, Is.Null);
        Assert.That(engine.Description.IsRaw, Is.True);
        Assert.That(engine.Inputs.Single().Name, Is.EqualTo("x"));
    }

    [Test]
    public void Several_profiles_are_kept_in_order()
    {
        var options = new EngineBuildOptions
        {
            Profiles = [OptimizationProfile.Parse("x:min=1x4,opt=1x4,max=1x4"), OptimizationProfile.Parse("x:min=2x4,opt=8x4,max=64x4")],
        };
        using Plan plan = EngineBuilder.Build(TestModels.AddOne.ToBytes(), options);
        using var engine = Engine.Load(plan);

        Assert.That(engine.Profiles.Select(p => p.Inputs["x"].Max[0]), Is.EqualTo(new long[] { 1, 64 }));
        using Session session = engine.CreateSession(new SessionOptions { Profile = 1 });
        session.Run(64);
        Assert.That(session.GetShape("y"), Is.EqualTo(new TensorShape(64, 4)));
        Check.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SessionOptions { Profile = 2 }), "2 optimization profiles");
    }

    [Test]
    [Category("Builds")]
    public void A_model_is_described_without_a_build()
    {
        using var folder = new TemporaryFolder();

        ModelDescription description = EngineBuilder.DescribeModel(TestModels.Sum.Save(folder["sum.onnx"]));

        Assert.That(description.Inputs.Select(t => (t.Name, t.Shape)), Is.EqualTo(new[] { ("left", new TensorShape(-1, -1)), ("right", new TensorShape(-1, -1)) }));
        Assert.That(description.Outputs.Single().DataType, Is.EqualTo(TensorDataType.Float32));
        Assert.That(description.DimensionNames, Has.Count.EqualTo(2));
        Assert.That(description.DimensionNames["left"], Is.EqualTo(new[] { "batch", "width" }));
    }

    [Test]
    [Category("Builds")]
    public void Dimensions_of_one_name_are_equal_unless_they_are_renamed()
    {
        byte[] model = new OnnxModel().Input("a", OnnxType.Float32, "rows", 4).Input("b", OnnxType.Float32, "rows", 4)
            .Output("y", OnnxType.Float32, "all", 4).Node("Concat", ["a", "b"], ["y"], attributes: [OnnxAttributes.Int("axis", 0)]).ToBytes();
        var options = new EngineBuildOptions { Profiles = [new OptimizationProfile().Add("a", [1, 4], [4, 4], [8, 4]).Add("b", [1, 4], [5, 4], [8, 4])] };

        Check.Throws<PinionException>(
            () => EngineBuilder.Build(model, options), "profile 0, 'rows': dimension 0 of 'a' has min 1, opt 4, max 8, and dimension 0 of 'b' has min 1, opt 5, max 8");
        EngineBuilder.Build(model, options with { RenameDimensions = true }).Dispose();
    }

    [Test]
    public void External_data_is_found_beside_the_file()
    {
        using var folder = new TemporaryFolder();
        OnnxModel model = new OnnxModel().Input("x", OnnxType.Float32, 1, 8).Output("y", OnnxType.Float32, 1, 4)
            .ExternalConstant("w", [8, 4], "weights.bin").Node("MatMul", ["x", "w"], ["y"]);
        File.WriteAllBytes(folder["weights.bin"], MemoryMarshal.AsBytes(TestModels.DenseWeights().AsSpan()).ToArray());
        string path = model.Save(folder["model.onnx"]);

        using Plan plan = EngineBuilder.Build(path);
        using Plan fromMemory = EngineBuilder.Build(File.ReadAllBytes(path), modelPath: path);
        foreach (Plan built in new[] { plan, fromMemory })
        {
            using var engine = Engine.Load(built);
            using Session session = engine.CreateSession();
            session.Input<float>("x").Fill(1);
            session.Run();
            Check.Equal(session.Output<float>("y"), 112, 120, 128, 136);
        }
    }

    [Test]
    [Category("Builds")]
    public void Progress_reports_phases_with_growing_time()
    {
        var reports = new List<BuildProgress>();

        using Plan plan = EngineBuilder.Build(TestModels.Dense.ToBytes(), new EngineBuildOptions { Profiles = [TestModels.DenseProfile] },
            progress: new Collector(reports.Add));

        Assert.That(reports, Is.Not.Empty);
        Assert.That(reports.Select(r => r.Phase), Has.None.Empty);
        Assert.That(reports.Select(r => r.Elapsed), Is.Ordered.And.All.GreaterThanOrEqualTo(TimeSpan.Zero));
    }

    [Test]
    [Category("Builds")]
    public void Cancelling_in_a_report_ends_the_build()
    {
        using var cancellation = new CancellationTokenSource();

        OperationCanceledException e = Assert.Throws<OperationCanceledException>(() => EngineBuilder.Build(
            TestModels.Dense.ToBytes(), new EngineBuildOptions { Profiles = [TestModels.DenseProfile] },
            progress: new Collector(_ => cancellation.Cancel()), cancellationToken: cancellation.Token))!;

        Assert.That(e.CancellationToken, Is.EqualTo(cancellation.Token));
    }

    [Test]
    [Category("Builds")]
    public void What_the_progress_receiver_throws_ends_the_build_and_is_kept()
    {
        var thrown = new InvalidDataException("no more");

        PinionException e = Check.Throws<PinionException>(
            () => EngineBuilder.Build(TestModels.Identity.ToBytes(), progress: new Collector(_ => throw thrown)), "no more");

        Assert.That(e.InnerException, Is.SameAs(thrown));
    }

    [Test]
    [Category("Builds")]
    public async Task An_asynchronous_build_has_a_thread_of_its_own()
    {
        using var folder = new TemporaryFolder();
        Thread? builder = null;
        bool isPoolThread = true;

        using Plan plan = await EngineBuilder.BuildAsync(TestModels.Identity.Save(folder["x.onnx"]), progress: new Collector(_ =>
        {
            builder = Thread.CurrentThread;
            isPoolThread = Thread.CurrentThread.IsThreadPoolThread;
        })).Guard();

        Assert.That(builder, Is.Not.Null.And.Not.SameAs(Thread.CurrentThread));
        Assert.That(isPoolThread, Is.False);
    }

    [Test]
    [Category("Builds")]
    public void An_asynchronous_build_is_cancelled_or_fails_through_its_task()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Task<Plan> cancelled = EngineBuilder.BuildAsync(TestModels.Identity.ToBytes().AsMemory(), cancellationToken: cancellation.Token);
        Assert.That(async () => await cancelled.Guard(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(cancelled.IsCanceled, Is.True);

        Task<Plan> failed = EngineBuilder.BuildAsync("/nowhere/model.onnx");
        Assert.That(async () => await failed.Guard(), Throws.InstanceOf<FileNotFoundException>().With.InnerException.Property("Status").EqualTo(PinionStatus.NotFound));
    }

    [Test]
    public void A_timing_cache_is_written_and_read_again()
    {
        using var folder = new TemporaryFolder();
        var options = new EngineBuildOptions { TimingCachePath = folder["timing.cache"] };

        EngineBuilder.Build(TestModels.Identity.ToBytes(), options).Dispose();
        Assert.That(File.Exists(folder["timing.cache"]), Is.True);
        Assert.That(() => EngineBuilder.Build(TestModels.Identity.ToBytes(), options).Dispose(), Throws.Nothing);
        Assert.That(folder.Files(), Is.SubsetOf(new[] { "timing.cache", "timing.cache.lock" }));
    }

    private sealed class Collector(Action<BuildProgress> report) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value) => report(value);
    }
}
