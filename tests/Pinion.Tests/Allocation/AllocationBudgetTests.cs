using System.Text.Json;
using Pinion.Tests.Support;

namespace Pinion.Tests.Allocation;

/// <summary>Enforces allocation-budget.json: managed bytes per inference, once warm.</summary>
[NonParallelizable]
public sealed class AllocationBudgetTests
{
    private const int Runs = 2000;
    private const int Rounds = 5;
    private static readonly Dictionary<string, JsonElement> Budget = ReadBudget();

    private Engine _engine = null!;
    private Session _session = null!;

    [SetUp]
    public void Open()
    {
        _engine = TestEngines.AddOne();
        _session = _engine.CreateSession(new SessionOptions { Slots = 2, WarmBatches = [1, 2] });
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
    public void Run_of_a_slot_keeps_the_budget()
    {
        SessionSlot slot = _session.Slots[1];
        Keep("slotRun", () => slot.Run(2));
    }

    [Test]
    public void Enqueue_and_wait_keep_the_budget()
    {
        SessionSlot slot = _session.Slots[1];
        Keep("enqueueWait", () =>
        {
            slot.Enqueue(1);
            slot.Wait();
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

    [Test]
    public async Task RunAsync_keeps_the_budget() => await KeepAsync("runAsync", async () =>
    {
        for (int i = 0; i < Runs; i++)
        {
            await _session.RunAsync().ConfigureAwait(false);
        }
    });

    [Test]
    public async Task Renting_keeps_the_budget()
    {
        using SessionPool pool = _engine.CreatePool(1, new SessionOptions { WarmBatches = [1] });
        await KeepAsync("poolRent", async () =>
        {
            for (int i = 0; i < Runs; i++)
            {
                using SessionLease lease = await pool.RentAsync().ConfigureAwait(false);
                await lease.Session.RunAsync(1).ConfigureAwait(false);
            }
        });
    }

    [Test]
    public async Task Renting_under_contention_keeps_the_budget()
    {
        using SessionPool pool = _engine.CreatePool(1, new SessionOptions { WarmBatches = [1] });
        using var cancellation = new CancellationTokenSource();
        async Task Caller()
        {
            for (int i = 0; i < Runs / 2; i++)
            {
                using SessionLease lease = await pool.RentAsync(cancellation.Token).ConfigureAwait(false);
                await lease.Session.RunAsync(1).ConfigureAwait(false);
            }
        }

        await KeepAsync("poolRentContended", () => Task.WhenAll(Caller(), Caller()));
    }

    [Test]
    public void The_budget_lists_what_is_tested()
    {
        string[] tested =
        [
            "run", "runBatch", "runVariant", "slotRun", "enqueueWait", "runAsync", "setBatch", "spans", "timings", "poolRent", "poolRentContended",
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

    /// <summary>
    /// Continuations change threads, so the whole process is measured. Others allocate too, the test runner for one; in the
    /// quietest of some rounds an allocation of one object per run would still be twenty times the tolerance.
    /// </summary>
    private static async Task KeepAsync(string name, Func<Task> runs)
    {
        long least = long.MaxValue;
        for (int round = 0; round <= Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await runs();
            long bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
            least = round == 0 ? least : Math.Min(least, bytes);
        }

        Assert.That(Math.Floor(least / (double)Runs), Is.LessThanOrEqualTo(Budget[name].GetDouble()), $"bytes per inference ({least} in {Runs} runs)");
    }

    private static Dictionary<string, JsonElement> ReadBudget() =>
        JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "allocation-budget.json")))!;
}
