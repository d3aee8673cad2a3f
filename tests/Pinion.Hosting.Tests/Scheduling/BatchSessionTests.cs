namespace Pinion.Hosting.Tests;

/// <summary>A session that runs batches, without a scheduler.</summary>
public sealed class BatchSessionTests
{
    [Test]
    public void Shapes_that_were_given_up_for_others_are_made_ready_again()
    {
        using var batches = new Batches(o => o with { MaxShapes = 1 });
        foreach ((int rows, bool isReady) in new[] { (1, true), (3, false), (3, true), (5, false), (3, false), (1, true) })
        {
            Assert.That(batches.Run(rows).WasReady, Is.EqualTo(isReady), $"{rows} rows");

            // As the scheduler does while nothing waits.
            if (batches.Session.HasUpkeep)
            {
                batches.Session.Upkeep();
            }

            Assert.That(batches.Session.HasUpkeep, Is.False);
        }
    }

    [Test]
    public void Shapes_that_come_back_run_from_a_graph_once_there_was_time()
    {
        using var batches = new Batches(o => o);
        BatchSession session = batches.Session;

        Assert.That((Run(1), session.HasUpkeep), Is.EqualTo((true, false)), "warm shapes");
        Assert.That((Run(3), session.HasUpkeep), Is.EqualTo((false, false)), "once is no reason");
        Assert.That((Run(3), session.HasUpkeep, session.IsUpkeepOverdue), Is.EqualTo((false, true, false)));
        for (int i = 0; i < 6; i++)
        {
            Run(3);
        }

        Assert.That(session.IsUpkeepOverdue, Is.True, "no time was found");
        Run(5);
        Run(5);
        session.Upkeep();
        Assert.That((Run(3), Run(5), session.HasUpkeep), Is.EqualTo((true, false, true)), "one at a time");
        session.Upkeep();
        Assert.That((Run(3), Run(5), session.HasUpkeep), Is.EqualTo((true, true, false)));

        bool Run(int rows) => batches.Run(rows).UsedGraph;
    }

    [Test]
    public void Admitted_shapes_are_what_profile_options_and_padding_leave()
    {
        using var engine = Engine.Load(TestPlans.Sum);
        ModelOptions options = new() { Plan = TestPlans.Sum, MaxBatch = 4 };
        options.Padding.Add(new PaddingOptions { Input = "right", Axis = 1, Sizes = [8, 16] });
        var rules = RequestRules.Create(PlanTensors.Of(engine), BatchingSettings.From(options));

        Assert.That(rules.Admitted.Select(r => $"{r.Min} {r.Max}"), Is.EqualTo(new[] { "1x2 4x32", "1x0 4x32" }));
    }

    /// <summary>Runs requests on a session, each as a batch of its own, and checks their outputs.</summary>
    private sealed class Batches : IDisposable
    {
        private readonly Engine _engine = Engine.Load(TestPlans.AddOne);
        private readonly OutputBlockPool _blocks = new();
        private readonly AutoResetEvent _completed = new(false);
        private readonly ShapeGroups _groups = new();
        private readonly Batch _batch = new(8);
        private readonly Decisions _owner = new();
        private readonly EngineShare _share;
        private readonly RequestRules _rules;

        public Batches(Func<SessionOptions, SessionOptions> change)
        {
            var settings = BatchingSettings.From(new ModelOptions { Plan = TestPlans.AddOne, BatchSizes = [1], MaxBatch = 8 });
            _rules = RequestRules.Create(PlanTensors.Of(_engine), settings);
            _share = new EngineShare(_engine, device: 0);
            _share.Retain();
            Session = new BatchSession(_share, _rules, change(settings.Session), _blocks, "1", () => _completed.Set());
            Session.Open(CancellationToken.None);
            _groups.Update(_rules.WarmKeys, [new LatencyTable(new long[9])]);
        }

        public BatchSession Session { get; }

        public (bool WasReady, bool UsedGraph) Run(int rows)
        {
            PendingRequest request = _owner.Request(rows);
            _rules.Read([Requests.Rows(rows, rows)], request);
            _batch.Requests[0] = request;
            _batch.Begin(_groups.FindOrAdd(request.Shapes), count: 1, rows, now: 0);
            bool wasReady = Session.IsReady(_batch);
            if (!wasReady)
            {
                Session.Admit(_batch);
                Assert.That(Session.IsReady(_batch), Is.True);
            }

            Session.Fill(_batch);
            Session.Run();
            _completed.WaitOne();
            Session.EndRun();
            bool usedGraph = Session.Timings.UsedGraph;
            using InferenceResult result = Session.CopyOut(_batch, request, firstRow: 0, default);
            Assert.That(result.GetOutput<float>("y").ToArray(), Is.EqualTo(Requests.Values(rows, rows).Select(v => v + 1)));
            _batch.Clear();
            return (wasReady, usedGraph);
        }

        public void Dispose()
        {
            Session.Close();
            _share.Release();
            _blocks.Close();
            _completed.Dispose();
            _engine.Dispose();
        }
    }
}
