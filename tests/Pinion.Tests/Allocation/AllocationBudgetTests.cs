using System.Globalization;
using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Enforces allocation-budget.json: managed bytes per inference, once warm.</summary>
[NonParallelizable]
public sealed class AllocationBudgetTests
{
    private const int Runs = 2000;
    private static readonly Dictionary<string, JsonElement> Budget = ReadBudget();

    private Engine _engine = null!;
    private Session _session = null!;

    [SetUp]
    public void Open()
    {
        _engine = TestEngines.AddOne();
        _session = _engine.CreateSession(new SessionOptions { WarmBatches = [1, 2] });
        _session.SetBatch(1);
    }

    [TearDown]
    public void Close()
    {
        _session.Dispose();
        _engine.Dispose();
    }

    [Test]
    public void Run_keeps_the_budget() => Keep("run", () => _session.Run());

    [Test]
    public void Run_with_a_batch_keeps_the_budget()
    {
        int batch = 1;
        Keep("runBatch", () => _session.Run(batch = 3 - batch));
    }

    [Test]
    public void Run_with_a_variant_keeps_the_budget()
    {
        ShapeVariant variant = _session.Prepare(("x", [2, 4]));
        Keep("runVariant", () => _session.Run(variant));
    }

    [Test]
    public void Runs_of_two_sessions_in_turn_keep_the_budget()
    {
        using Session other = _engine.CreateSession(new SessionOptions { WarmBatches = [2] });
        Keep("twoSessions", () =>
        {
            _session.Run(1);
            other.Run(2);
        });
    }

    [Test]
    public void Enqueue_and_wait_keep_the_budget()
    {
        Keep("enqueueWait", () =>
        {
            _session.Enqueue(1);
            _session.Wait();
        });
    }

    [Test]
    public void Changing_the_batch_keeps_the_budget()
    {
        int batch = 1;
        Keep("setBatch", () => _session.SetBatch(batch = 3 - batch));
    }

    [Test]
    public void Spans_keep_the_budget()
    {
        SessionInput<float> x = _session.GetInput<float>("x");
        SessionOutput<float> y = _session.GetOutput<float>("y");
        _session.Run();
        float sum = 0;
        Keep("spans", () =>
        {
            x.Span[0] = 1;
            _session.Input<float>("x")[1] = 2;
            sum += y.Span[0] + _session.Output<float>("y")[1];
        });
        Assert.That(sum, Is.Not.Zero);
    }

    [Test]
    public void Timings_keep_the_budget()
    {
        _session.Run();
        double sum = 0;
        Keep("timings", () => sum += _session.Timings.WallMs);
        Assert.That(sum, Is.Positive);
    }

    [TestCase("runAsync")]
    [TestCase("poolRent")]
    [TestCase("poolRentContended")]
    public void Asynchronous_runs_keep_the_budget(string way)
    {
        long bytes = long.Parse(Child.Run("allocation", way, ("DOTNET_HillClimbing_Disable", "1")), CultureInfo.InvariantCulture);

        Assert.That(bytes, Is.LessThanOrEqualTo(Budget[way].GetDouble()), "bytes per inference");
    }

    [Test]
    public void The_budget_lists_what_is_tested()
    {
        string[] tested =
        [
            "run", "runBatch", "runVariant", "twoSessions", "enqueueWait", "runAsync", "setBatch", "spans", "timings", "poolRent", "poolRentContended",
        ];
        Assert.That(Budget.Keys.Except(["unit"]), Is.EquivalentTo(tested));
    }

    private static void Keep(string name, Action action)
    {
        for (int i = 0; i < Runs; i++)
        {
            action();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Runs; i++)
        {
            action();
        }

        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(bytes / (double)Runs, Is.LessThanOrEqualTo(Budget[name].GetDouble()), "bytes per inference");
    }

    private static Dictionary<string, JsonElement> ReadBudget() =>
        JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "allocation-budget.json")))!;
}
