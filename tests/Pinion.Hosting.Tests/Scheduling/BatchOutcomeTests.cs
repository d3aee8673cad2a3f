namespace Pinion.Hosting.Tests;

/// <summary>What becomes of the requests of a batch, and how it is counted.</summary>
public sealed class BatchOutcomeTests
{
    private static readonly InvalidOperationException Broken = new("broken");

    [Test]
    public void Each_request_of_a_batch_ends_as_it_went()
    {
        var model = new Decisions();
        PendingRequest[] requests = [.. Enumerable.Range(0, 4).Select(_ => model.Wait(model.Request()))];
        model.Dispatch();
        requests[1].Error = Broken;
        requests[2].IsCancelled = true;
        requests[3].CancellationToken = new CancellationToken(canceled: true);

        model.Succeed(model.Pool.All[0]);
        Assert.That(model.Answered.Select(r => r.Outcome), Is.EqualTo(new[] { Outcome.Succeeded, Outcome.Failed, Outcome.Cancelled, Outcome.Cancelled }));
        Assert.That(model.Statistics, Is.EqualTo(new ModelStatistics { Succeeded = 1, Failed = 1, Cancelled = 2, Batches = 1, Rows = 4 }));
        Assert.That((requests[0].Group.Users, model.Pool.Busy[0], model.Pool.FindIdle()), Is.EqualTo((0, 0, model.Pool.All[0])));
    }

    [Test]
    public void After_a_failed_run_requests_run_again_alone_and_before_others()
    {
        var model = new Decisions();
        PendingRequest one = model.Wait(model.Request(deadline: 500));
        PendingRequest two = model.Wait(model.Request(deadline: 400));
        model.Dispatch();
        model.Wait(model.Request(priority: RequestPriority.High));
        model.Work = default;

        Assert.That(model.FailRun(model.Pool.All[0], Broken), Is.EqualTo(400), "the timer is set for the first of their deadlines");
        Assert.That(model.Answered, Is.Empty);
        foreach (PendingRequest next in (PendingRequest[])[one, two])
        {
            model.Work = default;
            model.Dispatch();
            Assert.That(model.Started.Single().Batch.Count, Is.EqualTo(1));
            Assert.That(model.Pool.All[0].Batch.Requests[0], Is.SameAs(next));
            model.Succeed(model.Pool.All[0]);
        }

        Assert.That((model.Statistics.Succeeded, model.Statistics.Failed), Is.EqualTo((2, 0)));
    }

    [Test]
    public void A_second_failure_is_the_caller_s()
    {
        var model = new Decisions();
        PendingRequest request = model.Wait(model.Request());
        for (int i = 0; i < 2; i++)
        {
            model.Work = default;
            model.Dispatch();
            model.FailRun(model.Pool.All[0], Broken);
        }

        Assert.That((request.Outcome, request.Error, request.State), Is.EqualTo((Outcome.Failed, Broken, RequestState.Answered)));
        Assert.That((model.Waiting.Count, model.Counters.Running), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Out_of_time_nothing_runs_again()
    {
        var model = new Decisions();
        PendingRequest spoilt = model.Wait(model.Request());
        PendingRequest atFault = model.Wait(model.Request());
        PendingRequest cancelled = model.Wait(model.Request());
        model.Dispatch();
        cancelled.IsCancelled = true;
        model.Lifetime.EndTime();

        model.Outcome.FailRequests(model.Pool.All[0].Batch, Broken, at: 1, ref model.Work);
        Assert.That((spoilt.Outcome, spoilt.Reason), Is.EqualTo((Outcome.Refused, RefusalReason.Stopping)));
        Assert.That((atFault.Outcome, atFault.Error), Is.EqualTo((Outcome.Failed, Broken)));
        Assert.That(cancelled.Outcome, Is.EqualTo(Outcome.Cancelled));
    }

    [TestCase(1, 2)]
    [TestCase(-1, 0)]
    public void Only_the_requests_at_fault_fail(int at, int runAgain)
    {
        var model = new Decisions();
        for (int i = 0; i < 3; i++)
        {
            model.Wait(model.Request());
        }

        model.Dispatch();
        model.Outcome.FailRequests(model.Pool.All[0].Batch, Broken, at, ref model.Work);
        Assert.That((model.Waiting.Count, model.Statistics.Failed), Is.EqualTo((runAgain, 3 - runAgain)));
    }
}
