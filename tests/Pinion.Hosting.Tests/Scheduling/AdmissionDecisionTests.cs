namespace Pinion.Hosting.Tests;

/// <summary>Who is taken on.</summary>
public sealed class AdmissionDecisionTests
{
    [Test]
    public void While_an_instance_is_idle_even_a_full_queue_refuses_nobody()
    {
        var model = new Decisions(waitingLimit: 0);

        Assert.That(model.Admit(model.Request(rows: 4)), Is.Null);
    }

    [Test]
    public void Rows_that_wait_are_bounded()
    {
        var model = new Decisions(waitingLimit: 5);
        model.Wait(model.Request());
        model.Dispatch();
        model.Wait(model.Request(rows: 3));

        Assert.That(model.Admit(model.Request(rows: 2)), Is.Null);
        Assert.That(model.Admit(model.Request(rows: 3)), Is.EqualTo(RefusalReason.QueueFull));
    }

    [Test]
    public void Without_an_instance_that_works_nobody_is_taken_on()
    {
        var model = new Decisions(instances: 2);
        model.Pool.TakeOut(model.Pool.All[0], "broken");
        Assert.That(model.Admit(model.Request()), Is.Null);

        model.Pool.TakeOut(model.Pool.All[1], "broken as well");
        Assert.That(model.Admit(model.Request()), Is.EqualTo(RefusalReason.Unavailable));
    }

    [TestCase(Decisions.RunTicks - 1, RefusalReason.Deadline)]
    [TestCase(Decisions.RunTicks, null)]
    public void On_an_idle_instance_a_deadline_needs_the_time_of_a_run(long deadline, RefusalReason? refused)
    {
        var model = new Decisions();

        Assert.That(model.Admit(model.Request(deadline: deadline)), Is.EqualTo(refused));
    }

    [TestCase(RequestPriority.Normal, 3)]
    [TestCase(RequestPriority.High, 2)]
    public void Behind_others_a_deadline_needs_the_time_of_their_runs_too(RequestPriority priority, int runs)
    {
        var model = new Decisions(maxBatch: 1);
        model.Wait(model.Request());
        model.Dispatch();
        model.Wait(model.Request());

        Assert.That(model.Admit(model.Request(deadline: (runs * Decisions.RunTicks) - 1, priority: priority)), Is.EqualTo(RefusalReason.Deadline));
        Assert.That(model.Admit(model.Request(deadline: runs * Decisions.RunTicks, priority: priority)), Is.Null);
    }

    [Test]
    public void An_instance_being_repaired_is_counted_on_after_the_time_that_the_last_repair_took()
    {
        var model = new Decisions();
        model.Pool.RepairTicks = 100;
        InstancePool.BeginRepair(model.Pool.All[0], now: 0);

        Assert.That(model.Admit(model.Request(deadline: 100 + Decisions.RunTicks - 1)), Is.EqualTo(RefusalReason.Deadline));
        Assert.That(model.Admit(model.Request(deadline: 100 + Decisions.RunTicks)), Is.Null);
    }
}
