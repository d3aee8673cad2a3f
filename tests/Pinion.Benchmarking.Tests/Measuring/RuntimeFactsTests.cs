namespace Pinion.Benchmarking.Tests;

public sealed class RuntimeFactsTests
{
    private static readonly DeviceInfo Gpu = new(0, "Tesla T4", new Version(7, 5), 0, 40, 0, 0, 0, 0, "0000:00:1e.0");

    [Test]
    public void The_host_sdk_says_that_there_is_no_gpu()
    {
        var facts = RuntimeFacts.Describe(Info(Sdk.Host), Gpu with { Name = "CPU" }, Precision.Fp32);
        Assert.That(facts.Line, Is.EqualTo("no GPU: TensorRT host SDK 8.6.1 on the CPU, FP32"));
        Assert.That(facts.Notes, Is.Empty);
    }

    [Test]
    public void Fp16_on_the_host_is_said_to_be_computed_in_fp32()
    {
        var facts = RuntimeFacts.Describe(Info(Sdk.Host), Gpu, Precision.Fp16);
        Assert.That(facts.Line, Does.EndWith("FP16 in FP32 arithmetic"));
        Assert.That(facts.Notes, Has.Count.EqualTo(1).And.All.Contains("FP32 arithmetic"));
        Assert.That(RuntimeFacts.Describe(Info(Sdk.Cuda), Gpu, Precision.Fp16).Notes, Has.Count.EqualTo(1));
    }

    [Test]
    public void Gpus_are_named_with_sm_and_precision()
    {
        var facts = RuntimeFacts.Describe(Info(Sdk.Nvidia), Gpu, Precision.Fp16);
        Assert.That(facts.Line, Is.EqualTo("Tesla T4 (SM 7.5), TensorRT 8.6.1, FP16"));
        Assert.That(facts.Notes, Is.Empty);
    }

    [Test]
    public void Host_tensor_rt_on_a_gpus_memory_computes_on_the_cpu() =>
        Assert.That(RuntimeFacts.Describe(Info(Sdk.Cuda), Gpu, Precision.Fp32).Line, Does.Contain("computes on the CPU").And.Contain("Tesla T4"));

    [Test]
    public void Tensor_rt_for_rtx_is_named_with_and_without_a_gpu()
    {
        Assert.That(RuntimeFacts.Describe(Info(Sdk.Rtx), null, Precision.Fp32).Line, Is.EqualTo("TensorRT for RTX 8.6.1, which needs no GPU to build, FP32"));
        Assert.That(RuntimeFacts.Describe(Info(Sdk.Rtx), Gpu, Precision.Fp16).Line, Is.EqualTo("Tesla T4 (SM 7.5), TensorRT for RTX 8.6.1, FP16"));
    }

    private static RuntimeInfo Info(Sdk sdk) => new(sdk, new Version(8, 6, 1), new Version(8, 6, 1), null, null, null, false, null, null, null, "0.1.0", "lib", null);
}
