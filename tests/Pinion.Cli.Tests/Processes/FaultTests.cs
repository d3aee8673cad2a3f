using System.Text.Json;
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

    /// <summary>A build has a process of its own, so that of the command lives to tell.</summary>
    [TestCase("parse:1=crash", "Crashed", "The host SDK's parser crashed (signal 11) after node 0")]
    [TestCase("build:1=crash", "Crashed", "The host SDK's builder crashed (signal 11)")]
    [TestCase("build:1=hang", "TimeLimit", "its limit of 1 s", "--time-limit", "1")]
    [TestCase("build:1=allocate", "MemoryLimit", "its limit is 314,572,800", "--memory-limit", "300M")]
    public void Builds_that_do_not_end_well(string fault, string status, string reason, params string[] limit)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        string[] args = ["build", Workbench.Static, "-o", folder["out.plan"], "--json", "--keep-reproducer", folder["kept"], .. limit];
        CliResult result = Cli.RunWith([(TensorRt, fault)], args).Fails(1, "error: ", reason);
        JsonElement error = result.Json().GetProperty("error");
        Assert.That(error.GetProperty("status").GetString(), Is.EqualTo(status));
        Assert.That(error.GetProperty("message").GetString(), Does.Contain(reason).And.Contain(folder["kept"]));
        Assert.That(result.Errors.Split('\n').Count(l => l.StartsWith("error: ", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(folder.Files(), Is.Empty, "no half-written plan");
        Assert.That(File.ReadAllBytes(Path.Combine(Directory.GetDirectories(folder["kept"]).Single(), "model.onnx")), Is.EqualTo(File.ReadAllBytes(Workbench.Static)));
    }

    [Test]
    public void In_process_the_command_dies_with_the_parser()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        CliResult result = Cli.RunWith([(TensorRt, "parse:1=crash")], "build", Workbench.Static, "-o", folder["out.plan"], "--in-process");
        Assert.That(result.ExitCode, Is.GreaterThan(128));
        Cli.Run("build", Workbench.Static, "-o", folder["out.plan"], "--in-process", "--json").Exits(0);
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

    /// <summary>Device 0 is another process's alone. Whoever asks for device 1 must not notice.</summary>
    [Test]
    public void A_device_that_was_not_asked_for_is_not_touched()
    {
        (string, string)[] environment = [(Cuda, "devices=2; unavailable_device=0")];
        using TemporaryFolder folder = Workbench.NewFolder();
        string plan = folder["one.plan"];
        Cli.RunWith(environment, "build", Workbench.Static, "-o", plan, "--device", "1").Exits(0);
        Cli.RunWith(environment, "run", plan, "--device", "1", "--output-dir", folder["out"]).Exits(0);
        Cli.RunWith(environment, "bench", plan, "--device", "1", "--warm-up", "0", "--duration", "0", "--streams", "2").Exits(0);
        Cli.RunWith(environment, "run", plan, "--device", "0").Fails(1, "error: ", "cudaErrorDevicesUnavailable");

        JsonElement doctor = Cli.RunWith(environment, "doctor", "--json").Exits(0).Json();
        JsonElement[] devices = [.. doctor.GetProperty("devices").EnumerateArray()];
        Assert.That(devices[0].GetProperty("freeBytes").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(devices[1].GetProperty("freeBytes").GetInt64(), Is.Positive);
        Assert.That(doctor.GetProperty("notes").EnumerateArray().Select(n => n.GetString()), Has.One.StartsWith("Device 0 cannot be used now: ").And.Contain("cudaErrorDevicesUnavailable"));
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
