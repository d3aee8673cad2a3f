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
        Assert.That(engine.DeviceMemoryBytes, Is.GreaterThanOrEqualTo(0));
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
}
