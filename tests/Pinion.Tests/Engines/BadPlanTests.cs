using Pinion.TestSupport;

namespace Pinion.Tests;

public sealed class BadPlanTests
{
    [Test]
    public void A_missing_plan_is_named()
    {
        FileNotFoundException missing = Check.Throws<FileNotFoundException>(() => Engine.Load("/nowhere/x.plan"), "/nowhere/x.plan");
        var e = (PinionException)missing.InnerException!;

        Assert.That(missing.FileName, Is.EqualTo("/nowhere/x.plan"));
        Assert.That(e.Status, Is.EqualTo(PinionStatus.NotFound));
        Assert.That(e.Operation, Is.Not.Empty);
        Check.Throws<FileNotFoundException>(() => Plan.Describe("/nowhere/x.plan"), "/nowhere/x.plan");
    }

    [Test]
    public void Every_truncation_is_corrupt()
    {
        byte[] plan = TestEngines.IdentityPlan();

        foreach (int length in new[] { 0, 1, 7, 8, 40, 359, 4095, 4096, plan.Length - 1 })
        {
            byte[] truncated = plan[..length];
            Assert.That(StatusOf(truncated), Is.EqualTo(PinionStatus.PlanCorrupt), $"{length} bytes");
        }
    }

    [Test]
    public void Every_flipped_bit_is_corrupt()
    {
        byte[] plan = TestEngines.IdentityPlan();

        // From behind the magic bytes, without which it would be a raw plan.
        for (int i = 8; i < plan.Length; i += Math.Max(1, plan.Length / 400))
        {
            byte[] damaged = [.. plan];
            damaged[i] ^= (byte)(1 << (i % 8));
            Assert.That(StatusOf(damaged), Is.EqualTo(PinionStatus.PlanCorrupt), $"byte {i}");
        }
    }

    [Test]
    public void Something_appended_is_corrupt() => Assert.That(StatusOf([.. TestEngines.IdentityPlan(), 0]), Is.EqualTo(PinionStatus.PlanCorrupt));

    [Test]
    public void An_ONNX_model_is_recognized()
    {
        byte[] model = TestModels.Identity.ToBytes();

        Check.Throws<PinionException>(() => Engine.Load(model), "ONNX");
    }

    [Test]
    public void A_description_is_as_careful()
    {
        byte[] plan = TestEngines.IdentityPlan();
        plan[100] ^= 1;

        Assert.That(Assert.Throws<PinionException>(() => Plan.Describe(plan))!.Status, Is.EqualTo(PinionStatus.PlanCorrupt));
    }

    [Test]
    public void Another_TensorRT_version_says_built_with_and_running_on()
    {
        byte[] foreign = PlanEditor.WithTensorRt(TestEngines.IdentityPlan(), 70203);

        PlanMismatchException e = Check.Throws<PlanMismatchException>(() => Engine.Load(foreign), "TensorRT version");

        Assert.That(e.Status, Is.EqualTo(PinionStatus.PlanMismatch));
        Assert.That(e.BuiltWith, Does.Contain("7.2.3"));
        Assert.That(e.RunningOn, Does.Contain(PinionRuntime.Info.TensorRtLoaded!.ToString()));
    }

    [Test]
    public void Another_GPU_says_built_with_and_running_on()
    {
        byte[] foreign = PlanEditor.WithDevice(TestEngines.IdentityPlan(), "Imaginary V9000", smMajor: 77);

        PlanMismatchException e = Check.Throws<PlanMismatchException>(() => Engine.Load(foreign), "compute capability");

        Assert.That(e.BuiltWith, Does.Contain("Imaginary V9000").And.Contain("77."));
        Assert.That(e.RunningOn, Does.Contain(PinionRuntime.GetDevices()[0].Name));
    }

    [Test]
    public void A_raw_plan_of_garbage_is_refused()
    {
        byte[] garbage = new byte[4096];
        new Random(1).NextBytes(garbage);
        garbage[0] = 0xF0;

        Assert.That(() => Engine.Load(garbage), Throws.InstanceOf<PinionException>());
    }

    private static PinionStatus StatusOf(byte[] plan) => Assert.Throws<PinionException>(() => Engine.Load(plan))!.Status;
}
