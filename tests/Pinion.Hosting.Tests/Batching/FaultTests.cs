using System.Globalization;

namespace Pinion.Hosting.Tests;

/// <summary>Scripted failures of the host SDK, each in a process of its own. There, every answer's values are checked.</summary>
public sealed class FaultTests
{
    private const string TensorRtFaults = "PINION_HOST_TENSORRT_FAULTS";
    private const string CudaFaults = "PINION_HOST_CUDA_FAULTS";

    /// <summary>Some 66 MB of device memory for a session.</summary>
    private static string WidePlan
    {
        get
        {
            OnnxModel wide = new OnnxModel().Input("x", OnnxType.Float32, "batch", Scenarios.Wide).Output("y", OnnxType.Float32, "batch", Scenarios.Wide)
                .Constant("one", [1], [1f]).Node("Add", ["x", "one"], ["y"]);
            return TestPlans.PlanOf("wide", wide, new OptimizationProfile().Add("x", [1, Scenarios.Wide], [4, Scenarios.Wide], [64, Scenarios.Wide]));
        }
    }

    [OneTimeSetUp]
    public void RequireHost() => Device.RequireHost();

    [TestCase("run", "many-callers")]
    [TestCase("enqueue", "many-callers-without-graphs")]
    public void Random_failures_are_retried_one_by_one(string call, string scenario)
    {
        // The load takes up to a hundred calls, the requests two hundred or more, and so do repairs.
        string faults = string.Join(';', new[] { 131, 150, 172, 199, 214, 230 }.Select(n => $"{call}:{n}=fail"));

        string output = Child.Run(scenario, TestPlans.AddOne, (TensorRtFaults, faults));

        Assert.That(output, Does.StartWith("answered 640, ").And.Contain("agrees True").And.Contain("reason none"));
        Assert.That(Number(output, "failures"), Is.GreaterThan(0));
        Assert.That(Number(output, "failed"), Is.LessThan(5), "only what failed twice");
    }

    [Test]
    public void With_one_instance_a_reload_makes_the_model_unavailable_for_a_while()
    {
        string output = Child.Run("one-instance", TestPlans.AddOne, (TensorRtFaults, "run:131=fail"));

        // The request had failed: that is what its caller is told.
        Assert.That(output, Does.Contain("answered 200, failed 1, ").And.Contain("agrees True, failures 1, out 1, back 1, reloads 1"));
    }

    [Test]
    public void With_two_instances_a_reload_loses_nothing()
    {
        string output = Child.Run("two-instances", TestPlans.AddOne, (TensorRtFaults, "run:131=fail"));

        Assert.That(output, Does.Contain("answered 200, failed 0, refused none, agrees True, failures 1, out 1, back 1, reloads 1, worst Ready"));
    }

    [Test]
    public void With_garbage_in_the_plan_s_place_the_engine_in_memory_goes_on()
    {
        string output = Child.Run("replaced-plan", TestPlans.AddOne, (TensorRtFaults, "run:60=fail"));

        Assert.That(output.Split('\n'), Is.EqualTo(new[] { "PinionException PlanCorrupt", "failed 1, reloads 1, Ready" }));
    }

    [Test]
    public void Everything_at_once_answers_every_request_once()
    {
        string faults = string.Join(';', Enumerable.Range(1, 12).Select(n => $"run:{150 + (n * 61)}=fail"));

        string output = Child.Run("storm", TestPlans.AddOne, (TensorRtFaults, faults));

        Assert.That(output, Is.EqualTo("answered 6400, agrees True, succeeded most"));
    }

    [Test]
    public void An_engine_that_stays_broken_makes_the_model_unavailable()
    {
        string output = Child.Run("broken", TestPlans.AddOne, (TensorRtFaults, "run:40+=fail"));

        Assert.That(output, Does.StartWith("Unavailable, Unavailable, because 1 of 1 instances are out and being loaded anew: "));
    }

    [TestCase("run:5=fail")]
    [TestCase("context:1=fail")]
    [TestCase("deserialize:1=fail")]
    public void A_failure_while_loading_is_the_caller_s(string fault) =>
        Assert.That(Child.Run("load", TestPlans.AddOne, (TensorRtFaults, fault)), Does.StartWith("PinionException"));

    [Test]
    public void Without_device_memory_a_model_does_not_load() =>
        Assert.That(Child.Run("load", TestPlans.AddOne, (CudaFaults, "device_memory=256")), Is.EqualTo("PinionException DeviceOutOfMemory"));

    [Test]
    public void Without_device_memory_for_both_the_old_plan_stays()
    {
        string output = Child.Start(
            "dotnet", [typeof(FaultTests).Assembly.Location, "swap-without-memory", WidePlan, WidePlan], (CudaFaults, "device_memory=100MiB"));

        string[] expected = ["PinionException DeviceOutOfMemory", "version 1 answers"];
        Assert.That(output.Split('\n'), Is.EqualTo(Enumerable.Repeat(expected, 5).SelectMany(e => e).Append("ok")));
    }

    [Test]
    public void A_swap_gives_the_old_plan_s_memory_back()
    {
        string output = Child.Run("swap-often", WidePlan, (CudaFaults, "device_memory=170MiB"));

        Assert.That(output.Split('\n'), Is.EqualTo(Enumerable.Range(2, 7).Select(v => $"version {v} answers")));
    }

    [Test]
    public void Devices_share_the_work()
    {
        string output = Child.Run("two-devices", TestPlans.AddOne, (CudaFaults, "devices=2"));

        Assert.That(output.Split('\n'), Is.EqualTo(new[] { "at work: 1, 0", "at work: 1, 1", "at work: 2, 1", "at work: 2, 2", "succeeded 24" }));
    }

    [Test]
    public void Deadlines_are_judged_by_the_measured_latency_and_the_backlog()
    {
        string output = Child.Run("deadlines", TestPlans.AddOne, (TensorRtFaults, "enqueue_delay=40000"));

        Assert.That(output.Split('\n'), Is.EqualTo(new[]
        {
            "20 ms on an idle model: refused at once True, Deadline", "200 ms behind forty: refused at once True, Deadline", "the others are answered: 41",
        }));
    }

    [Test]
    public void A_request_allocates_no_more_than_its_budget()
    {
        int[] bytes = [.. Child.Run("allocation", TestPlans.AddOne).Split('\n').Select(line => int.Parse(line, CultureInfo.InvariantCulture))];

        TestContext.Out.WriteLine($"one after the other {bytes[0]} bytes, sixteen at once {bytes[1]}");
        Assert.That(bytes, Has.Length.EqualTo(2));
        Assert.That(bytes, Is.All.LessThanOrEqualTo(256).And.All.GreaterThan(0));
    }

    private static int Number(string output, string name) =>
        int.Parse(output.Split(", ").Single(p => p.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
}
