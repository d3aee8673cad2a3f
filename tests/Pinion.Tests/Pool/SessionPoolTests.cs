namespace Pinion.Tests;

public sealed class SessionPoolTests
{
    [Test]
    public async Task Many_callers_share_few_sessions()
    {
        using Engine engine = TestEngines.AddOne();
        using SessionPool pool = engine.CreatePool(3, new SessionOptions { WarmBatches = [1, 2] });
        int inUse = 0;
        int most = 0;

        async Task Caller(int caller)
        {
            for (int run = 0; run < 100; run++)
            {
                using SessionLease lease = await pool.RentAsync().ConfigureAwait(false);
                int now = Interlocked.Increment(ref inUse);
                InterlockedMax(ref most, now);
                Session session = lease.Session;
                int batch = 1 + ((caller + run) % 3);
                session.SetBatch(batch);
                session.Input<float>("x").Fill((caller * 1000) + run);
                await session.RunAsync().ConfigureAwait(false);
                Check.Equal(session.Output<float>("y"), [.. Enumerable.Repeat((caller * 1000) + run + 1f, batch * 4)]);
                Interlocked.Decrement(ref inUse);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 24).Select(c => Task.Run(() => Caller(c)))).Guard();

        Assert.That(most, Is.InRange(1, 3));
        Assert.That(pool.IdleCount, Is.EqualTo(3));
        Assert.That(pool.WaitingCount, Is.Zero);
    }

    [Test]
    public async Task Callers_are_served_in_the_order_of_their_calls()
    {
        using Engine engine = TestEngines.Identity();
        using SessionPool pool = engine.CreatePool(1);
        SessionLease held = pool.Rent();
        Task<SessionLease>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => pool.RentAsync().AsTask())];
        Assert.That(pool.WaitingCount, Is.EqualTo(10));
        Assert.That(pool.TryRent(out _), Is.False);

        for (int i = 0; i < waiting.Length; i++)
        {
            held.Dispose();
            held = await waiting[i].Guard();
            Assert.That(waiting.Count(w => w.IsCompleted), Is.EqualTo(i + 1));
        }

        held.Dispose();
        Assert.That(pool.IdleCount, Is.EqualTo(1));
    }

    [Test]
    public async Task A_cancelled_caller_leaves_the_queue()
    {
        using Engine engine = TestEngines.Identity();
        using SessionPool pool = engine.CreatePool(1);
        using var cancellation = new CancellationTokenSource();
        SessionLease held = pool.Rent();

        Task<SessionLease> first = pool.RentAsync().AsTask();
        Task<SessionLease> cancelled = pool.RentAsync(cancellation.Token).AsTask();
        Task<SessionLease> last = pool.RentAsync().AsTask();
        await cancellation.CancelAsync();

        OperationCanceledException e = (await Assert.CatchAsync<OperationCanceledException>(() => cancelled.Guard()))!;
        Assert.That(e.CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(pool.WaitingCount, Is.EqualTo(2));
        held.Dispose();
        (await first.Guard()).Dispose();
        (await last.Guard()).Dispose();
        Assert.That(async () => await pool.RentAsync(cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(pool.IdleCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Cancelling_and_returning_at_once_loses_no_session()
    {
        using Engine engine = TestEngines.Identity();
        using SessionPool pool = engine.CreatePool(1);
        for (int i = 0; i < 300; i++)
        {
            using var cancellation = new CancellationTokenSource();
            SessionLease held = pool.Rent();
            Task<SessionLease> waiting = pool.RentAsync(cancellation.Token).AsTask();

            await Task.WhenAll(Task.Run(cancellation.Cancel), Task.Run(held.Dispose)).Guard();

            try
            {
                (await waiting.Guard()).Dispose();
            }
            catch (OperationCanceledException)
            {
            }

            Assert.That(pool.IdleCount, Is.EqualTo(1), $"round {i}");
        }
    }

    [Test]
    public void Disposing_refuses_those_who_wait()
    {
        using Engine engine = TestEngines.Identity();
        SessionPool pool = engine.CreatePool(1);
        SessionLease held = pool.Rent();
        Task<SessionLease>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => pool.RentAsync().AsTask())];

        pool.Dispose();
        pool.Dispose();

        foreach (Task<SessionLease> waiter in waiting)
        {
            Assert.That(async () => await waiter.Guard(), Throws.InstanceOf<ObjectDisposedException>());
        }

        Assert.That(() => pool.RentAsync().AsTask(), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => pool.TryRent(out _), Throws.InstanceOf<ObjectDisposedException>());

        // The session on lease works to its end, and goes with it.
        Session session = held.Session;
        session.Run();
        held.Dispose();
        Assert.That(session.Run, Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void A_lease_ends_once()
    {
        using Engine engine = TestEngines.Identity();
        using SessionPool pool = engine.CreatePool(2);
        SessionLease lease = pool.Rent();
        SessionLease copy = lease;

        lease.Dispose();
        copy.Dispose();
        lease.Dispose();

        Assert.That(pool.IdleCount, Is.EqualTo(2));
        Check.Throws<ObjectDisposedException>(() => _ = copy.Session, "SessionLease");
        Check.Throws<ObjectDisposedException>(() => _ = default(SessionLease).Session, "SessionLease");
        using SessionLease next = pool.Rent();
        Assert.That(next, Is.Not.EqualTo(lease));
        copy.Dispose();
        Assert.That(pool.IdleCount, Is.EqualTo(1));
    }

    [Test]
    public void A_lease_starts_without_the_former_ones_shapes_outputs_and_bindings()
    {
        using Engine engine = TestEngines.AddOne();
        using SessionPool pool = engine.CreatePool(1);
        using var buffer = new PinnedBuffer<float>(64);
        using (SessionLease first = pool.Rent())
        {
            first.Session.BindHost("x", buffer);
            first.Session.Run(5);
        }

        using SessionLease second = pool.Rent();
        Assert.That(second.Session.GetShape("x"), Is.EqualTo(new TensorShape(-1, 4)));
        Check.Throws<InvalidOperationException>(() => _ = second.Session.Output<float>("y").Length, "no completed run");
        Check.Throws<InvalidOperationException>(() => second.Session.Run(), "'x'");
        buffer.Span.Fill(7);
        second.Session.SetBatch(5);
        second.Session.Input<float>("x").Clear();
        second.Session.Run();
        Assert.That(second.Session.Output<float>("y").ToArray(), Is.All.EqualTo(1f));
    }

    [Test]
    public void A_lease_returned_in_flight_is_waited_for()
    {
        using Engine engine = TestEngines.Identity();
        using SessionPool pool = engine.CreatePool(1);
        for (int i = 0; i < 50; i++)
        {
            using (SessionLease lease = pool.Rent())
            {
                _ = lease.Session.RunAsync().AsTask();
            }

            using (SessionLease lease = pool.Rent())
            {
                lease.Session.Enqueue();
            }

            using SessionLease last = pool.Rent();
            last.Session.Input<float>("x").Fill(i);
            last.Session.Run();
            Assert.That(last.Session.Output<float>("y")[0], Is.EqualTo(i));
        }
    }

    [Test]
    public void A_leased_session_is_the_pools_to_dispose()
    {
        using Engine engine = TestEngines.Identity();
        using SessionPool pool = engine.CreatePool(1);
        using (SessionLease lease = pool.Rent())
        {
            lease.Session.Dispose();
        }

        using SessionLease next = pool.Rent();
        next.Session.Run();
    }

    [Test]
    public void Renting_blocks_until_a_session_is_free()
    {
        using Engine engine = TestEngines.Identity();
        using SessionPool pool = engine.CreatePool(1);
        SessionLease held = pool.Rent();
        Task<SessionLease> blocked = Task.Run(() => pool.Rent());
        Hang.Until(() => pool.WaitingCount == 1);

        held.Dispose();

        blocked.Guard().Result.Dispose();
    }

    [Test]
    public void Options_that_make_no_sense_are_refused()
    {
        using Engine engine = TestEngines.Identity();

        Check.Throws<ArgumentOutOfRangeException>(() => engine.CreatePool(0), "size");
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
