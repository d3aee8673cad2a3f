using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>What only a GPU can show. Elsewhere an explicit skip, or a failure under PINION_REQUIRE_GPU=1.</summary>
public sealed class GpuTests
{
    [SetUp]
    public void NeedsAGpu() => Device.RequireGpu();

    [Test]
    public void Half_precision_stays_near_single()
    {
        float[] input = [.. Enumerable.Range(0, TestModels.Features).Select(i => i / 8f)];
        float[][] outputs = [Run(Precision.Fp32), Run(Precision.Fp16)];

        Assert.That(outputs[1], Is.EqualTo(outputs[0]).Within(0.5).Percent);

        float[] Run(Precision precision)
        {
            using Plan plan = EngineBuilder.Build(
                TestModels.Dense.ToBytes(), new EngineBuildOptions { Precision = precision, Profiles = [TestModels.DenseProfile] });
            using var engine = Engine.Load(plan);
            using Session session = engine.CreateSession();
            session.SetBatch(1);
            input.CopyTo(session.Input<float>("x"));
            session.Run();
            return session.Output<float>("y").ToArray();
        }
    }

    [Test]
    public void Copies_take_time_on_the_device()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        session.Run();

        Assert.That(session.Timings.HostToDeviceMs, Is.Positive);
        Assert.That(session.Timings.DeviceToHostMs, Is.Positive);
    }

    [Test]
    public void The_device_has_a_compute_capability() =>
        Assert.That(PinionRuntime.GetDevices()[0].ComputeCapability, Is.GreaterThanOrEqualTo(new Version(7, 0)));
}
