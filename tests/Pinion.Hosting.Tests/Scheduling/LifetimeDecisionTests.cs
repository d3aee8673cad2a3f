namespace Pinion.Hosting.Tests;

/// <summary>How far a model is on its way out, and the timer that it sets meanwhile.</summary>
public sealed class LifetimeDecisionTests
{
    [Test]
    public void It_is_drained_once_it_stops_and_nothing_is_left()
    {
        using var lifetime = new Lifetime();
        lifetime.SignalIfDrained(unanswered: 0);
        Assert.That(lifetime.Drained.IsCompleted, Is.False, "it still serves");

        lifetime.Stop();
        lifetime.SignalIfDrained(unanswered: 1);
        Assert.That((lifetime.Drained.IsCompleted, lifetime.IsOutOfTime), Is.EqualTo((false, false)));

        lifetime.SignalIfDrained(unanswered: 0);
        Assert.That(lifetime.Drained.IsCompleted, Is.True);
    }

    [Test]
    public void It_is_closed_by_one_caller_only()
    {
        using var lifetime = new Lifetime();
        lifetime.EndTime();

        Assert.That((lifetime.IsStopping, lifetime.IsOutOfTime, lifetime.IsClosed), Is.EqualTo((true, true, false)));
        Assert.That((lifetime.TryClose(), lifetime.TryClose(), lifetime.IsClosed), Is.EqualTo((true, false, true)));
        Assert.That(() => lifetime.ThrowIfStopping("m"), Throws.InvalidOperationException.With.Message.Contains("'m'"));
    }

    [Test]
    public async Task Loading_ends_with_it()
    {
        using var lifetime = new Lifetime();
        CancellationToken closing = lifetime.Closing;
        await lifetime.CancelLoadingAsync();
        await lifetime.CancelLoadingAsync();

        Assert.That(closing.IsCancellationRequested, Is.True);
    }

    [Test]
    public async Task The_timer_fires_at_the_earliest_time_that_was_asked_for()
    {
        var time = new ManualTime();
        var clock = new Clock(time);
        int fired = 0;
        await using var wakeUp = new WakeUp(clock, () => fired++);
        long now = clock.Now;
        wakeUp.At(now + clock.Ticks(TimeSpan.FromMilliseconds(20)), now);
        wakeUp.At(now + clock.Ticks(TimeSpan.FromMilliseconds(10)), now);
        wakeUp.At(now + clock.Ticks(TimeSpan.FromMilliseconds(30)), now);

        time.Advance(TimeSpan.FromMilliseconds(9));
        Assert.That(fired, Is.Zero);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(fired, Is.EqualTo(1));

        wakeUp.Fired();
        wakeUp.At(clock.Now + 1, clock.Now);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(fired, Is.EqualTo(2), "the whole millisecond after the time");
    }

    [Test]
    public void Times_beyond_what_can_be_counted_never_come()
    {
        var clock = new Clock(new ManualTime());

        Assert.That(clock.After(clock.Now, TimeSpan.MaxValue), Is.EqualTo(Clock.Never));
        Assert.That(Clock.After(Clock.Never - 1, 2), Is.EqualTo(Clock.Never));
        Assert.That(clock.After(5, TimeSpan.FromTicks(7)), Is.EqualTo(12));
    }
}
