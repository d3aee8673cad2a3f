using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>Failures of the SDKs themselves, scripted in the host SDK's environment.</summary>
public sealed class FaultTests
{
    private const string Cuda = "PINION_HOST_CUDA_FAULTS";
    private const string TensorRt = "PINION_HOST_TENSORRT_FAULTS";

    [OneTimeSetUp]
    public void NeedsTheHostSdk()
    {
        if (Cli.Run("doctor", "--json").Json().GetProperty("sdk").GetString() != "host")
        {
            Assert.Ignore("faults are scripted in the host SDK");
        }
    }

    [TestCase(TensorRt, "build:1=fail")]
    [TestCase(TensorRt, "build:1=out_of_memory")]
    public void Failing_builders(string variable, string fault)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.RunWith([(variable, fault)], "build", Workbench.Static, "-o", folder["out.plan"]).Fails(1, "error: ");
        Assert.That(folder.Files(), Is.Empty);
        Cli.RunWith([(variable, fault)], "bench", Workbench.Static, "--duration", "0").Fails(1, "error: ");
    }

    [TestCase(Cuda, "malloc:1+=out_of_memory", "memory")]
    [TestCase(Cuda, "device_memory=64B", "memory")]
    [TestCase(Cuda, "host_alloc:1+=out_of_memory", "memory")]
    [TestCase(TensorRt, "deserialize:1=fail", "")]
    [TestCase(TensorRt, "context:1=fail", "")]
    [TestCase(TensorRt, "enqueue:1+=fail", "")]
    [TestCase(TensorRt, "run:1+=fail", "")]
    [TestCase(Cuda, "memcpy:1+=illegal_address", "")]
    [TestCase(Cuda, "stream_create:1+=unknown", "")]
    public void Failing_runs(string variable, string fault, string reason)
    {
        string plan = Workbench.AddOnePlan;
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.RunWith([(variable, fault)], "run", plan, "--output-dir", folder["out"]).Fails(1, "error: ", reason);
        Cli.RunWith([(variable, fault)], "bench", plan, "--duration", "0", "--export-times", folder["t.json"]).Fails(1, "error: ", reason);
        Assert.That(folder.Files(), Is.Empty, "no half-written times");
        Cli.RunWith([(variable, fault)], "trtexec", "--loadEngine=" + plan, "--duration=0").Fails(1, "[E] ", reason);
    }

    /// <summary>The second of several batches fails: the document is an error, not half a result.</summary>
    [Test]
    public void A_failure_in_the_middle_is_a_failure_of_all()
    {
        CliResult result = Cli.RunWith([(TensorRt, "run:40+=fail")], "bench", Workbench.AddOnePlan, "--batch", "1,8", "--no-graph", "--json", "--warm-up", "0", "--duration", "0", "--iterations", "30").Exits(1);
        Assert.That(result.Json().GetProperty("error").GetProperty("status").GetString(), Is.Not.Empty);
    }

    [Test]
    public void A_graph_that_cannot_be_captured_is_a_warning_not_a_failure()
    {
        CliResult result = Cli.RunWith([(Cuda, "begin_capture:1+=not_supported")], "bench", Workbench.AddOnePlan, "--json", "--warm-up", "0", "--duration", "0").Exits(0);
        Assert.That(result.Json().GetProperty("results")[0].GetProperty("graph").GetBoolean(), Is.False);
        Assert.That(result.Errors, Does.Contain("[warning]"));
    }
}
