using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>What happens when the device or TensorRT fails, scripted through the environment of a child process.</summary>
public sealed class FaultTests
{
    private const string CudaFaults = "PINION_HOST_CUDA_FAULTS";
    private const string TensorRtFaults = "PINION_HOST_TENSORRT_FAULTS";

    [SetUp]
    public void NeedsTheHost() => Device.RequireHost();

    [Test]
    public void Exhausted_pinned_memory_is_told_and_passes()
    {
        string[] lines = Lines(Child.Run("pin", (CudaFaults, "host_alloc:2=out_of_memory")));

        Assert.That(lines[0], Is.EqualTo("ok"));
        Assert.That(lines[1], Does.StartWith("PinionException DeviceOutOfMemory"));
        Assert.That(lines[2], Is.EqualTo("ok"));
    }

    [Test]
    public void Exhausted_device_memory_is_told_and_passes()
    {
        string[] lines = Lines(Child.Run("allocate", (CudaFaults, "malloc:2=out_of_memory")));

        Assert.That(lines[0], Is.EqualTo("ok"));
        Assert.That(lines[1], Does.StartWith("PinionException DeviceOutOfMemory"));
        Assert.That(lines[2], Is.EqualTo("ok"));
    }

    [Test]
    public void A_session_that_finds_no_pinned_memory_leaves_a_usable_engine()
    {
        string[] lines = Lines(Child.Run("session", (CudaFaults, "host_alloc:1=out_of_memory")));

        Assert.That(lines[0], Does.StartWith("PinionException DeviceOutOfMemory [create session]").And.Contain("'x'"));
        Assert.That(lines[1..], Is.All.EqualTo("ok"));
    }

    [Test]
    public void The_device_memory_of_shapes_is_told_and_bounded() =>
        Assert.That(Lines(Child.Run("shape-memory", (CudaFaults, "device_memory=64MiB"))), Is.EqualTo(new[] { "told", "bounded", "kept", "all freed" }));

    [TestCase("run")]
    [TestCase("run-async")]
    public void A_refused_enqueue_fails_that_run_alone(string scenario)
    {
        // The first enqueue prepares the variant.
        string[] lines = Lines(Child.Run(scenario, "3", (TensorRtFaults, "enqueue:3=fail")));

        Assert.That(lines[0], Is.EqualTo("ok"));
        Assert.That(lines[1], Does.StartWith("PinionException TensorRt"));
        Assert.That(lines[1].Split('|')[1].Trim(), Is.Not.Empty, "TensorRT's own log lines are missing");
        Assert.That(lines[2], Is.EqualTo("ok"));
    }

    [TestCase("run")]
    [TestCase("run-async")]
    public void A_failure_on_the_device_is_told(string scenario)
    {
        // The first host function prepares the variant. The error sticks to the device, as CUDA's do.
        string[] lines = Lines(Child.Run(scenario, "3", (CudaFaults, "host_func:3=launch_failure")));

        Assert.That(lines[0], Is.EqualTo("ok"));
        Assert.That(lines[1..], Is.All.StartsWith("PinionException Cuda"));
        Assert.That(lines[1], Does.Contain("device"));
    }

    [TestCase("run")]
    [TestCase("run-async")]
    public void An_inference_that_fails_after_the_enqueue_is_told_by_that_run(string scenario)
    {
        // The first inference prepares the variant. The context refuses everything afterwards.
        string[] lines = Lines(Child.Run(scenario, "3", (TensorRtFaults, "run:3=fail")));

        Assert.That(lines[0], Is.EqualTo("ok"));
        Assert.That(lines[1], Does.StartWith("PinionException TensorRt").And.Contain("scripted failure of a run"));
        Assert.That(lines[2], Does.StartWith("PinionException TensorRt"));
    }

    [Test]
    public void A_builder_that_fails_is_told()
    {
        string line = Child.Run("build", (TensorRtFaults, "build:1=fail"));

        Assert.That(line, Does.StartWith("PinionException Build [build]"));
    }

    [Test]
    public void A_graph_that_cannot_be_captured_is_done_without_and_one_warning()
    {
        string line = Child.Run("graph", (CudaFaults, "begin_capture:1+=not_supported"));

        Assert.That(line, Is.EqualTo("graph False, used False, warnings 1, right True"));
    }

    [Test]
    public void A_graph_that_can_be_captured_is_used() =>
        Assert.That(Child.Run("graph"), Is.EqualTo("graph True, used True, warnings 0, right True"));

    [Test]
    public void Runs_in_flight_block_no_thread_of_the_pool() =>
        Assert.That(Child.Run("pool-threads", (TensorRtFaults, "enqueue_delay=2000000")), Does.EndWith("True"));

    [Test]
    public void Compacting_collections_during_runs_do_no_harm() => Assert.That(Child.Run("collect"), Is.EqualTo("ok"));

    [TestCase("nonsense", "PINION_SDK=nonsense is unknown")]
    public void Without_a_native_library_every_entry_says_why(string sdk, string reason)
    {
        string[] lines = Lines(Child.Run("runtime", ("PINION_SDK", sdk)));

        Assert.That(lines[0], Is.EqualTo("supported False"));
        Assert.That(lines[1], Does.StartWith("reason ").And.Contain(reason));
        Assert.That(lines[2..], Has.Length.EqualTo(4).And.All.StartsWith("PinionLoadException NotFound").And.All.Contains(reason));
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.TrimEntries);
}
