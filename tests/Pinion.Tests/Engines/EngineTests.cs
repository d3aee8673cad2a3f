using System.Text.Json;

namespace Pinion.Tests;

public sealed class EngineTests
{
    [Test]
    public void Tensors_are_inputs_first_with_types_shapes_and_profiles()
    {
        using Engine engine = TestEngines.Sum();

        Assert.That(engine.Tensors.Select(t => t.Name), Is.EqualTo(new[] { "left", "right", "sum" }));
        Assert.That(engine.Inputs.Select(t => t.Shape), Is.All.EqualTo(new TensorShape(-1, -1)));
        Assert.That(engine.Profiles.Single().Inputs["right"], Is.EqualTo(new ShapeRange([1, 2], [2, 8], [8, 32])));
        Assert.That(engine.ScratchBytes, Is.GreaterThanOrEqualTo(0));
    }

    [TestCase(OnnxType.Float32, TensorDataType.Float32)]
    [TestCase(OnnxType.Float16, TensorDataType.Float16)]
    [TestCase(OnnxType.Int32, TensorDataType.Int32)]
    [TestCase(OnnxType.Bool, TensorDataType.Bool)]
    public void ONNX_types_become_TensorRTs(object onnx, TensorDataType expected)
    {
        using Engine engine = TestEngines.IdentityOf((OnnxType)onnx);

        Assert.That(engine.Inputs.Single().DataType, Is.EqualTo(expected));
        Assert.That(engine.Outputs.Single().DataType, Is.EqualTo(expected));
    }

    [Test]
    public void The_description_adds_what_is_running()
    {
        using Engine engine = TestEngines.AddOne();

        PlanDescription description = engine.Description;
        using var json = JsonDocument.Parse(description.Json);

        Assert.That(description.Profiles.Single().Inputs["x"].Max, Is.EqualTo(new TensorShape(16, 4)));
        Assert.That(json.RootElement.GetProperty("running").GetProperty("sdk").GetString(), Is.EqualTo(PinionRuntime.Info.Sdk.GetName()));
    }

    [Test]
    public void Layers_are_JSON_or_unsupported_before_8_2()
    {
        using Engine engine = TestEngines.Dense();
        if (PinionRuntime.Info.TensorRtLoaded >= new Version(8, 2))
        {
            Assert.That(() => JsonDocument.Parse(engine.GetLayersJson()).Dispose(), Throws.Nothing);
        }
        else
        {
            Assert.That(Assert.Throws<PinionException>(() => engine.GetLayersJson())!.Status, Is.EqualTo(PinionStatus.Unsupported));
        }
    }

    [Test]
    public void Sessions_outlive_their_engine()
    {
        Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        engine.Dispose();
        engine.Dispose();

        session.Input<float>("x").Fill(3);
        session.Run();

        Assert.That(session.Output<float>("y").ToArray(), Is.All.EqualTo(3f));
        Check.Throws<ObjectDisposedException>(() => engine.CreateSession(), nameof(Engine));
        Check.Throws<ObjectDisposedException>(() => engine.GetLayersJson(), nameof(Engine));
        Check.Throws<ObjectDisposedException>(() => _ = engine.Description, nameof(Engine));
    }

    [Test]
    public void A_device_that_does_not_exist_is_refused()
    {
        byte[] plan = TestEngines.IdentityPlan();

        Assert.Throws<PinionException>(() => Engine.Load(plan, new EngineLoadOptions { Device = 99 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Engine.Load(plan, new EngineLoadOptions { Device = -1 }));
    }

    [Test]
    public void A_plugin_library_that_does_not_exist_is_named() =>
        Check.Throws<PinionException>(
            () => Engine.Load(TestEngines.IdentityPlan(), new EngineLoadOptions { PluginLibraries = ["/nowhere/plugins.so"] }), "/nowhere/plugins.so");

    [Test]
    public void Engines_and_sessions_come_and_go()
    {
        byte[] plan = TestEngines.IdentityPlan();
        for (int i = 0; i < 50; i++)
        {
            using var engine = Engine.Load(plan);
            using Session session = engine.CreateSession();
            session.Run();
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_plan_is_loaded_from_where_a_stream_stands(bool seekable)
    {
        byte[] plan = TestEngines.IdentityPlan();
        using var memory = new MemoryStream([1, 2, 3, .. plan]);
        memory.Position = 3;
        using Stream stream = seekable ? memory : new BufferedStream(new OneWayStream(memory), 7);

        using var engine = Engine.Load(stream);

        Assert.That(engine.Inputs.Single().Name, Is.EqualTo("x"));
        Assert.That(stream.ReadByte(), Is.EqualTo(-1), "read to its end, and open");
    }

    [Test]
    public void An_empty_stream_is_no_plan()
    {
        PinionException error = Assert.Throws<PinionException>(() => Engine.Load(Stream.Null))!;
        Assert.That(error.Status, Is.EqualTo(PinionStatus.PlanCorrupt));
    }

    [Test]
    public async Task A_plan_is_loaded_on_a_thread_of_its_own()
    {
        using var stream = new MemoryStream(TestEngines.IdentityPlan());
        using var seen = new ThreadSeeingStream(stream);

        using Engine engine = await Engine.LoadAsync(seen).Guard();

        Assert.That(engine.Inputs.Single().Name, Is.EqualTo("x"));
        Assert.That(seen.Reader, Is.Not.Null.And.Not.SameAs(Thread.CurrentThread));
        Assert.That(seen.WasPoolThread, Is.False);
    }

    [Test]
    public async Task An_asynchronous_load_is_cancelled_or_fails_through_its_task()
    {
        using var folder = new TestSupport.TemporaryFolder();
        File.WriteAllBytes(folder["x.plan"], TestEngines.IdentityPlan());
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        Task<Engine> cancelled = Engine.LoadAsync(folder["x.plan"], cancellationToken: cancellation.Token);
        Assert.That(async () => await cancelled.Guard(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(cancelled.IsCanceled, Is.True);
        Assert.That(async () => await Engine.LoadAsync(folder["y.plan"]).Guard(), Throws.TypeOf<FileNotFoundException>().With.Property("FileName").EqualTo(folder["y.plan"]));
        using Engine engine = await Engine.LoadAsync(folder["x.plan"]).Guard();
        Assert.That(engine.Inputs, Has.Count.EqualTo(1));
    }

    /// <summary>Cannot seek, as a network's.</summary>
    private class OneWayStream(Stream source) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => source.Read(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class ThreadSeeingStream(Stream source) : OneWayStream(source)
    {
        public Thread? Reader { get; private set; }

        public bool WasPoolThread { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            (Reader, WasPoolThread) = (Thread.CurrentThread, Thread.CurrentThread.IsThreadPoolThread);
            return base.Read(buffer, offset, count);
        }
    }
}
