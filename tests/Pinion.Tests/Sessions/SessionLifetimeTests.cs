using System.Runtime.CompilerServices;

namespace Pinion.Tests;

public sealed class SessionLifetimeTests
{
    [Test]
    public void Everything_of_a_disposed_session_says_so()
    {
        using Engine engine = TestEngines.AddOne();
        Session session = engine.CreateSession();
        SessionInput<float> x = session.GetInput<float>("x");
        SessionOutput<float> y = session.GetOutput<float>("y");
        ShapeVariant variant = session.Prepare(("x", [2, 4]));
        session.Run(2);
        session.Dispose();
        session.Dispose();

        Action[] uses =
        [
            () => session.Run(), () => session.Run(2), () => session.Run(3), () => session.RunAsync(2).AsTask(),
            () => session.Enqueue(2), () => session.Wait(), () => session.Poll(), () => _ = x.Span.Length, () => _ = y.Span.Length,
            () => session.SetBatch(1), () => session.SetShape("x", [1, 4]), () => session.Prepare(("x", [4, 4])),
            () => session.ProfileLayers(), () => _ = session.Timings, () => session.GetShape("x"), () => _ = variant.UsesGraph, () => _ = variant.FirstRunMs,
        ];
        foreach (Action use in uses)
        {
            Assert.That(use, Throws.InstanceOf<ObjectDisposedException>());
        }

        Assert.That(session.IsIdle, Is.False);
        Assert.That(variant.IsDisposed, Is.True);
        Assert.That(variant.Dispose, Throws.Nothing);
    }

    [Test]
    public void Disposing_waits_for_work_in_flight()
    {
        using Engine engine = TestEngines.Identity();
        for (int i = 0; i < 20; i++)
        {
            Session enqueued = engine.CreateSession();
            Session awaited = engine.CreateSession();
            enqueued.Enqueue();
            ValueTask run = awaited.RunAsync();
            enqueued.Dispose();
            awaited.Dispose();
            Assert.That(async () => await run.AsTask().Guard(), Throws.Nothing);
        }
    }

    [Test]
    public void Disposing_while_another_thread_runs_ends_in_an_exception_there()
    {
        using Engine engine = TestEngines.Identity();
        for (int i = 0; i < 20; i++)
        {
            Session session = engine.CreateSession();
            using var running = new ManualResetEventSlim();
            Task<Exception> runner = Task.Run(() =>
            {
                try
                {
                    while (true)
                    {
                        session.Run();
                        running.Set();
                    }
                }
                catch (Exception e)
                {
                    return e;
                }
            });
            Assert.That(running.Wait(Hang.Limit), Is.True);

            session.Dispose();

            Assert.That(runner.Guard().Result, Is.InstanceOf<ObjectDisposedException>());
        }
    }

    [TestCase("run")]
    [TestCase("new shapes")]
    [TestCase("enqueue")]
    [TestCase("async")]
    [TestCase("look")]
    public void Disposing_races_with_any_call(string way)
    {
        using Engine engine = TestEngines.AddOne();
        for (int i = 0; i < 20; i++)
        {
            Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1], MaxShapes = 2 });
            session.Run(1);
            using var running = new ManualResetEventSlim();
            Task<Exception> caller = Task.Run(async () =>
            {
                try
                {
                    for (int call = 0; ; call++)
                    {
                        await Call(session, way, call).ConfigureAwait(false);
                        running.Set();
                    }
                }
                catch (Exception e)
                {
                    running.Set();
                    return e;
                }
            });
            Assert.That(running.Wait(Hang.Limit), Is.True);

            // Several at once, and the second call of each does nothing.
            Parallel.For(0, 3, _ => session.Dispose());
            session.Dispose();

            Assert.That(caller.Guard().Result, Is.InstanceOf<ObjectDisposedException>());
        }
    }

    [Test]
    public void An_abandoned_session_is_collected()
    {
        using Engine engine = TestEngines.Identity();
        WeakReference reference = Abandon(engine);

        for (int i = 0; i < 10 && reference.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(reference.IsAlive, Is.False);
    }

    [Test]
    public void A_session_with_only_an_awaiting_caller_stays_alive()
    {
        using Engine engine = TestEngines.Identity();
        Task run = RunWithoutKeeping(engine);

        while (!run.IsCompleted)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(run.IsCompletedSuccessfully, Is.True);
    }

    private static async ValueTask Call(Session session, string way, int call)
    {
        switch (way)
        {
            case "run":
                session.Run(1);
                break;
            case "new shapes":
                session.Run(1 + (call % 16));
                break;
            case "enqueue":
                session.Enqueue(1);
                session.Wait();
                break;
            case "async":
                await session.RunAsync(1).ConfigureAwait(false);
                break;
            default:
                // The length alone: the memory itself goes with the session.
                _ = session.Output<float>("y").Length + session.Timings.WallMs;
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Abandon(Engine engine)
    {
        Session session = engine.CreateSession();
        session.Run();
        session.RunAsync().AsTask().Guard().GetAwaiter().GetResult();
        return new WeakReference(session);
    }

    private static async Task RunWithoutKeeping(Engine engine)
    {
        for (int i = 0; i < 50; i++)
        {
            await engine.CreateSession().RunAsync().ConfigureAwait(false);
        }
    }
}
