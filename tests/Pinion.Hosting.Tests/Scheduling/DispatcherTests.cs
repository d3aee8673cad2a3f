namespace Pinion.Hosting.Tests;

/// <summary>Who runs next, with whom and where.</summary>
public sealed class DispatcherTests
{
    [Test]
    public void An_idle_instance_takes_the_largest_batch()
    {
        var model = new Decisions();
        PendingRequest[] requests = [.. Enumerable.Range(0, 6).Select(_ => model.Wait(model.Request()))];

        Assert.That(model.Dispatch(), Is.EqualTo(Clock.Never));
        Instance instance = model.Started.Single();
        Assert.That(instance.State, Is.EqualTo(InstanceState.Busy));
        Assert.That(instance.Batch.Requests, Is.EqualTo(requests[..4]));
        Assert.That((instance.Batch.Count, instance.Batch.Rows), Is.EqualTo((4, 4)));
        Assert.That((model.Waiting.Count, model.Waiting.Rows, model.Counters.Running), Is.EqualTo((2, 2, 4)));
        Assert.That(requests.Select(r => r.State), Is.EqualTo(Enumerable.Repeat(RequestState.Running, 4).Append(RequestState.Waiting).Append(RequestState.Waiting)));
    }

    [Test]
    public void Shapes_never_mix_and_priority_goes_first()
    {
        var model = new Decisions(instances: 2);
        model.Wait(model.Request(arrived: 1));
        PendingRequest wide = model.Wait(model.Request(arrived: 2, width: 8, priority: RequestPriority.High));
        model.Wait(model.Request(arrived: 3));
        PendingRequest first = model.Wait(model.Request(arrived: 4, priority: RequestPriority.High));

        model.Dispatch();
        Assert.That(model.Pool.All[0].Batch.Requests[0], Is.SameAs(wide));
        Assert.That(model.Pool.All[0].Batch.Count, Is.EqualTo(1));
        Assert.That(model.Pool.All[1].Batch.Requests[0], Is.SameAs(first));
        Assert.That(model.Pool.All[1].Batch.Count, Is.EqualTo(3));
    }

    [Test]
    public void The_device_with_the_fewest_at_work_goes_first()
    {
        var model = new Decisions(instances: 4, maxBatch: 1, devices: 2);
        for (int i = 0; i < 3; i++)
        {
            model.Wait(model.Request());
            model.Dispatch();
        }

        Assert.That(model.Pool.Busy, Is.EqualTo(new[] { 2, 1 }));
    }

    [Test]
    public void A_batch_waits_to_fill_and_then_goes()
    {
        var model = new Decisions(delay: new DelayPolicy(50, -1));
        model.Wait(model.Request(arrived: 100));

        Assert.That(model.Dispatch(now: 120), Is.EqualTo(150));
        Assert.That(model.Started, Is.Empty);
        Assert.That(model.Dispatch(now: 150), Is.EqualTo(Clock.Never));
        Assert.That(model.Started.Count(), Is.EqualTo(1));
    }

    [Test]
    public void A_batch_does_not_wait_when_it_is_full_or_somebody_hurries()
    {
        var full = new Decisions(delay: new DelayPolicy(50, -1));
        full.Wait(full.Request(rows: 4));
        full.Dispatch();
        Assert.That(full.Started.Count(), Is.EqualTo(1));

        var hurried = new Decisions(delay: new DelayPolicy(50, -1));
        hurried.Wait(hurried.Request());
        hurried.Dispatch(hurries: true);
        Assert.That(hurried.Started.Count(), Is.EqualTo(1));
    }

    [Test]
    public void What_cannot_make_its_deadline_any_more_is_refused_instead_of_run()
    {
        var model = new Decisions();
        PendingRequest late = model.Wait(model.Request(deadline: 100));
        PendingRequest early = model.Wait(model.Request(deadline: 200));

        model.Dispatch(now: 95);
        Assert.That(model.Answered, Is.EqualTo(new[] { late }));
        Assert.That((late.Outcome, late.Reason), Is.EqualTo((Outcome.Refused, RefusalReason.Deadline)));
        Assert.That(model.Started.Single().Batch.Requests[0], Is.SameAs(early));
        Assert.That(model.Statistics.Refused, Is.EqualTo(1));
    }

    [Test]
    public void The_timer_refuses_what_is_over_and_tells_the_next_deadline()
    {
        var model = new Decisions();
        PendingRequest over = model.Wait(model.Request(deadline: 100));
        model.Wait(model.Request(deadline: 300));
        model.Wait(model.Request(deadline: 200, width: 8));
        model.Wait(model.Request());

        Assert.That(model.Dispatcher.RefuseExpired(100, ref model.Work), Is.EqualTo(200));
        Assert.That(model.Answered, Is.EqualTo(new[] { over }));
        Assert.That(model.Waiting.Count, Is.EqualTo(3));
    }

    [Test]
    public void Everything_that_waits_can_be_refused()
    {
        var model = new Decisions();
        PendingRequest failed = model.Wait(model.Request());
        failed.Failure = new InvalidOperationException("it ran before");
        PendingRequest other = model.Wait(model.Request(width: 8));

        model.Dispatcher.RefuseAll(RefusalReason.Stopping, ref model.Work);
        Assert.That((model.Waiting.Count, model.Waiting.Rows, model.Waiting.Groups.Active), Is.EqualTo((0, 0, (ShapeGroup?)null)));
        Assert.That((other.Outcome, other.Reason), Is.EqualTo((Outcome.Refused, RefusalReason.Stopping)));
        Assert.That((failed.Outcome, failed.Error), Is.EqualTo((Outcome.Failed, failed.Failure)), "that is what its caller has to know");
    }
}
