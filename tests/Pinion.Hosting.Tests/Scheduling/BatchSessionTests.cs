namespace Pinion.Hosting.Tests;

/// <summary>A session that runs batches, without a scheduler.</summary>
public sealed class BatchSessionTests
{
    [Test]
    public void Shapes_that_were_given_up_for_others_are_made_ready_again()
    {
        using var engine = Engine.Load(TestPlans.AddOne);
        var settings = BatchingSettings.From(new ModelOptions { Plan = TestPlans.AddOne, BatchSizes = [1], MaxBatch = 8 });
        var rules = RequestRules.Create(PlanTensors.Of(engine), settings);
        var blocks = new OutputBlockPool();
        var share = new EngineShare(engine, device: 0);
        share.Retain();
        using var completed = new AutoResetEvent(false);
        var session = new BatchSession(share, rules, settings.Session with { MaxShapes = 1 }, blocks, "1", () => completed.Set());
        session.Open(CancellationToken.None);
        var groups = new ShapeGroups();
        groups.Update(rules.WarmKeys, [new LatencyTable(new long[9])]);
        var batch = new Batch(8);
        var owner = new Decisions();
        foreach ((int rows, bool isReady) in new[] { (1, true), (3, false), (3, true), (5, false), (3, false), (1, true) })
        {
            PendingRequest request = owner.Request(rows);
            rules.Read([Requests.Rows(rows, rows)], request);
            batch.Requests[0] = request;
            batch.Begin(groups.FindOrAdd(request.Shapes), count: 1, rows, now: 0);
            Assert.That(session.IsReady(batch), Is.EqualTo(isReady), $"{rows} rows");
            if (!isReady)
            {
                session.Admit(batch);
                Assert.That(session.IsReady(batch), Is.True);
            }

            session.Fill(batch);
            session.Run();
            completed.WaitOne();
            session.EndRun();
            using InferenceResult result = session.CopyOut(batch, request, firstRow: 0, default);
            Assert.That(result.GetOutput<float>("y").ToArray(), Is.EqualTo(Requests.Values(rows, rows).Select(v => v + 1)));
            batch.Clear();

            // As the scheduler does while nothing waits.
            if (session.HasUpkeep)
            {
                session.Upkeep();
            }

            Assert.That(session.HasUpkeep, Is.False);
        }

        session.Close();
        share.Release();
        blocks.Close();
    }

    [Test]
    public void Shapes_that_come_back_run_from_a_graph_once_there_was_time()
    {
        using var engine = Engine.Load(TestPlans.AddOne);
        var settings = BatchingSettings.From(new ModelOptions { Plan = TestPlans.AddOne, BatchSizes = [1], MaxBatch = 8 });
        var rules = RequestRules.Create(PlanTensors.Of(engine), settings);
        var blocks = new OutputBlockPool();
        var share = new EngineShare(engine, device: 0);
        share.Retain();
        using var completed = new AutoResetEvent(false);
        var session = new BatchSession(share, rules, settings.Session, blocks, "1", () => completed.Set());
        session.Open(CancellationToken.None);
        var groups = new ShapeGroups();
        groups.Update(rules.WarmKeys, [new LatencyTable(new long[9])]);
        var batch = new Batch(8);
        var owner = new Decisions();

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

        session.Close();
        share.Release();
        blocks.Close();

        bool Run(int rows)
        {
            PendingRequest request = owner.Request(rows);
            rules.Read([Requests.Rows(rows, rows)], request);
            batch.Requests[0] = request;
            batch.Begin(groups.FindOrAdd(request.Shapes), count: 1, rows, now: 0);
            if (!session.IsReady(batch))
            {
                session.Admit(batch);
            }

            session.Fill(batch);
            session.Run();
            completed.WaitOne();
            session.EndRun();
            bool usedGraph = session.Timings.UsedGraph;
            using InferenceResult result = session.CopyOut(batch, request, firstRow: 0, default);
            Assert.That(result.GetOutput<float>("y").ToArray(), Is.EqualTo(Requests.Values(rows, rows).Select(v => v + 1)));
            batch.Clear();
            return usedGraph;
        }
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
}
