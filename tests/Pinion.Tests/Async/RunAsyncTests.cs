using Pinion.TestSupport;

namespace Pinion.Tests;

public sealed class RunAsyncTests
{
    private const int ManyRuns = 10_000;

    [Test]
    public async Task Ten_thousand_runs_each_see_their_own_input()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        session.SetBatch(1);
        SessionInput<float> x = session.GetInput<float>("x");
        SessionOutput<float> y = session.GetOutput<float>("y");

        for (int run = 0; run < ManyRuns; run++)
        {
            x.Span.Fill(run);
            await session.RunAsync().ConfigureAwait(false);
            if (y.Span.IndexOfAnyExcept(run + 1f) >= 0)
            {
                Assert.Fail($"run {run} gave {y.Span[0]}");
            }
        }
    }

    [Test]
    public async Task Batches_and_variants_run_too()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession();
        ShapeVariant variant = session.Prepare(("x", [3, 4]));

        await session.RunAsync(2);
        Assert.That(session.Output<float>("y").Length, Is.EqualTo(8));
        await session.RunAsync(variant);
        Assert.That(session.Output<float>("y").Length, Is.EqualTo(12));
        await session.RunAsync(2);
        Assert.That(session.Output<float>("y").Length, Is.EqualTo(8));
    }

    [Test]
    public async Task Sessions_are_in_flight_at_once()
    {
        using Engine engine = TestEngines.AddOne();
        Session[] sessions = [.. Enumerable.Range(0, 8).Select(_ => engine.CreateSession(new SessionOptions { WarmBatches = [1] }))];
        async Task Work(Session session, int index)
        {
            for (int run = 0; run < 500; run++)
            {
                session.SetBatch(1);
                session.Input<float>("x").Fill((1000 * index) + run);
                await session.RunAsync().ConfigureAwait(false);
                Assert.That(session.Output<float>("y")[3], Is.EqualTo((1000 * index) + run + 1f));
            }
        }

        await Task.WhenAll(sessions.Select(Work)).Guard();
        Array.ForEach(sessions, s => s.Dispose());
    }

    [Test]
    public async Task The_continuation_runs_on_the_pool_never_on_the_native_thread()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();

        for (int i = 0; i < 200; i++)
        {
            // A run that is over before it is awaited goes on where it is.
            Thread caller = Thread.CurrentThread;
            await session.RunAsync().ConfigureAwait(false);
            Assert.That(Thread.CurrentThread == caller || Thread.CurrentThread.IsThreadPoolThread, Is.True);
        }
    }

    [Test]
    public async Task A_captured_context_is_returned_to()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        using var context = new OneThreadContext();

        for (int i = 0; i < 50; i++)
        {
            await context.Run(async () =>
            {
                await session.RunAsync();
                Assert.That(Thread.CurrentThread, Is.SameAs(context.Thread));
            }).Guard();
        }
    }

    [Test]
    public async Task A_session_with_an_unawaited_run_is_not_idle()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();

        ValueTask run = session.RunAsync();
        Check.Throws<InvalidOperationException>(() => session.Run(), "The session", "await it");
        Check.Throws<InvalidOperationException>(() => session.RunAsync(), "The session", "await it");
        Check.Throws<InvalidOperationException>(() => _ = session.Input<float>("x").Length, "The session", "await it");
        Check.Throws<InvalidOperationException>(session.Wait, "The session", "await it");
        Assert.That(session.IsIdle, Is.False);

        await run;
        Assert.That(session.IsIdle, Is.True);
        session.Run();
    }

    [Test]
    public async Task A_run_that_is_over_still_wants_to_be_awaited()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        ValueTask run = session.RunAsync(1);
        Hang.Until(() => run.IsCompleted);

        Check.Throws<InvalidOperationException>(() => session.Run(1), "nobody has awaited", "await it");
        Check.Throws<InvalidOperationException>(() => session.Enqueue(1), "nobody has awaited");
        Check.Throws<InvalidOperationException>(() => session.RunAsync(1), "nobody has awaited");
        Check.Throws<InvalidOperationException>(() => session.Poll(), "nobody has awaited");
        Check.Throws<InvalidOperationException>(() => session.Prepare(("x", [2, 4])), "nobody has awaited");
        Check.Throws<InvalidOperationException>(() => _ = session.Output<float>("y").Length, "nobody has awaited");
        Check.Throws<InvalidOperationException>(() => _ = session.Timings, "nobody has awaited");
        Assert.That(session.IsIdle, Is.False);

        await run;
        Assert.That(session.IsIdle, Is.True);
        session.Run(1);
    }

    [Test]
    public async Task A_run_is_awaited_once()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        ValueTask first = session.RunAsync();
        await first;
        ValueTask second = session.RunAsync();

        Assert.That(async () => await first, Throws.InstanceOf<InvalidOperationException>());
        await second;
        Assert.That(session.IsIdle, Is.True);
    }

    [Test]
    public async Task A_token_cancelled_before_the_start_prevents_the_run()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        OperationCanceledException e = (await Assert.CatchAsync<OperationCanceledException>(async () => await session.RunAsync(cancellation.Token)))!;

        Assert.That(e.CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(session.IsIdle, Is.True);
        Check.Throws<InvalidOperationException>(() => _ = session.Timings, "no completed run");
    }

    [Test]
    public async Task A_token_cancelled_after_the_end_changes_nothing()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        using var cancellation = new CancellationTokenSource();
        session.Input<float>("x").Fill(4);

        ValueTask run = session.RunAsync(cancellation.Token);
        Hang.Until(() => run.IsCompleted);
        await cancellation.CancelAsync();
        await run;

        Assert.That(session.Output<float>("y").ToArray(), Is.All.EqualTo(4f));
    }

    [Test]
    public void A_cancelled_await_ends_at_once_and_the_session_is_free_when_the_device_is_done() =>
        Assert.That(Child.Run("cancel", ("PINION_HOST_TENSORRT_FAULTS", "enqueue_delay=1000000")).Split('\n', StringSplitOptions.TrimEntries), Is.EqualTo(new[]
        {
            "cancelled while in flight True, the token's own True",
            "busy: The session has a RunAsync that was cancelled and is still in flight on the device: it is free when that is done.",
            "no outputs: The session has no completed run to read: the last one was cancelled. Run it again.",
            "next run right True",
            "pool waits for the device True",
            "disposed while in flight",
        }));

    /// <summary>Cancellation and completion race for the same run, over and over: each run has one outcome, and the session is free after it.</summary>
    [Test]
    public async Task Cancellation_races_with_completion()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        int cancelled = 0;
        for (int i = 0; i < 500; i++)
        {
            using var cancellation = new CancellationTokenSource();
            session.Input<float>("x").Fill(i);
            ValueTask run = session.RunAsync(cancellation.Token);
            var cancel = Task.Run(cancellation.Cancel);
            try
            {
                await run;
                Assert.That(session.Output<float>("y")[15], Is.EqualTo(i));
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }

            await cancel;
            Hang.Until(() => session.IsIdle);
        }

        TestContext.Out.WriteLine($"{cancelled} of 500 were cancelled");
        session.Run();
    }

    [Test]
    public async Task Synchronous_and_asynchronous_runs_alternate()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        for (int i = 0; i < 100; i++)
        {
            session.Input<float>("x").Fill(i);
            if (i % 2 == 0)
            {
                session.Run();
            }
            else
            {
                await session.RunAsync();
            }

            Assert.That(session.Output<float>("y")[15], Is.EqualTo(i));
        }
    }

    /// <summary>Posts to one thread, as a user interface does.</summary>
    private sealed class OneThreadContext : SynchronizationContext, IDisposable
    {
        private readonly System.Collections.Concurrent.BlockingCollection<(SendOrPostCallback Callback, object? State)> _work = [];

        public OneThreadContext()
        {
            Thread = new Thread(() =>
            {
                SetSynchronizationContext(this);
                foreach ((SendOrPostCallback callback, object? state) in _work.GetConsumingEnumerable())
                {
                    callback(state);
                }
            });
            Thread.Start();
        }

        public Thread Thread { get; }

        public override void Post(SendOrPostCallback d, object? state) => _work.Add((d, state));

        public Task Run(Func<Task> work)
        {
            var done = new TaskCompletionSource();
            Post(
                async _ =>
                {
                    try
                    {
                        await work();
                        done.SetResult();
                    }
                    catch (Exception e)
                    {
                        done.SetException(e);
                    }
                },
                null);
            return done.Task;
        }

        public void Dispose()
        {
            _work.CompleteAdding();
            Thread.Join();
            _work.Dispose();
        }
    }
}
