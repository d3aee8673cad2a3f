using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Overlap is several sessions of one engine; one session is one inference at a time.</summary>
public sealed class SeveralSessionsTests
{
    [Test]
    public void Sessions_run_at_the_same_time()
    {
        using Engine engine = TestEngines.AddOne();
        using var sessions = new Sessions(engine, 4, new SessionOptions { WarmBatches = [1] });

        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 4; i++)
            {
                sessions[i].SetBatch(1);
                sessions[i].Input<float>("x").Fill((10 * i) + round);
                sessions[i].Enqueue();
            }

            Assert.That(sessions.All.Select(s => s.IsIdle), Is.All.False);
            for (int i = 0; i < 4; i++)
            {
                sessions[i].Wait();
                Assert.That(sessions[i].IsIdle, Is.True);
                Assert.That(sessions[i].Output<float>("y").ToArray(), Is.All.EqualTo((10 * i) + round + 1f));
            }
        }
    }

    [Test]
    public void Poll_is_true_once()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();

        session.Input<float>("x").Fill(5);
        session.Enqueue();
        Hang.Until(session.Poll);

        Assert.That(session.IsIdle, Is.True);
        Assert.That(session.Output<float>("y").ToArray(), Is.All.EqualTo(5f));
        Check.Throws<InvalidOperationException>(() => session.Poll(), "nothing in flight");
        Check.Throws<InvalidOperationException>(session.Wait, "nothing in flight");
    }

    [Test]
    public void Buffers_belong_to_the_run_in_flight()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        using Session other = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        SessionInput<float> x = session.GetInput<float>("x");
        session.Enqueue(1);

        Check.Throws<InvalidOperationException>(() => _ = x.Span.Length, "The session", "in flight");
        Check.Throws<InvalidOperationException>(() => _ = session.Output<float>("y").Length, "The session", "in flight");
        Check.Throws<InvalidOperationException>(() => session.Run(), "The session", "Wait");
        Check.Throws<InvalidOperationException>(() => session.Enqueue(), "The session");
        Check.Throws<InvalidOperationException>(() => session.RunAsync(), "The session");
        Check.Throws<InvalidOperationException>(() => session.SetBatch(2), "The session");
        Check.Throws<InvalidOperationException>(() => _ = session.Timings, "The session");
        Check.Throws<InvalidOperationException>(() => session.Prepare(("x", [3, 4])), "The session");
        Assert.That(session.IsIdle, Is.False);

        // The other session is free, and may meet new shapes.
        other.Run(1);
        other.Run(7);
        Assert.That(other.Output<float>("y").Length, Is.EqualTo(28));
        session.Wait();
        session.Run(3);
    }

    [Test]
    public void A_shape_that_is_new_cannot_be_prepared_while_the_session_is_in_flight()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        session.Enqueue(1);

        Check.Throws<InvalidOperationException>(() => session.Run(7), "The session", "in flight");

        session.Wait();
        session.Run(7);
        Assert.That(session.Output<float>("y").Length, Is.EqualTo(28));
    }

    [Test]
    public void Sessions_have_shapes_of_their_own()
    {
        using Engine engine = TestEngines.AddOne();
        using var sessions = new Sessions(engine, 2);

        sessions[0].Run(2);
        sessions[1].Run(3);
        sessions[0].Run();

        Assert.That(sessions[0].Output<float>("y").Length, Is.EqualTo(8));
        Assert.That(sessions[1].GetShape("x"), Is.EqualTo(new TensorShape(3, 4)));
    }

    [Test]
    public void Threads_with_a_session_each_do_not_disturb_each_other()
    {
        using Engine engine = TestEngines.Dense();
        using var sessions = new Sessions(engine, 4);
        float[] weights = TestModels.DenseWeights();

        // Every thread also meets new batches.
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, index =>
        {
            Session session = sessions[index];
            for (int run = 0; run < 200; run++)
            {
                int batch = 1 + (run / 25);
                session.SetBatch(batch);
                session.Input<float>("x").Clear();
                session.Input<float>("x")[index] = run;
                session.Run();
                Assert.That(session.Output<float>("y")[1], Is.EqualTo(weights[(index * TestModels.Classes) + 1] * run));
            }
        });
    }

    [Test]
    public void One_session_used_by_two_threads_is_noticed()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        InvalidOperationException? noticed = null;
        bool other = false;
        void Hammer()
        {
            while (Volatile.Read(ref noticed) is null)
            {
                try
                {
                    session.Run();
                }
                catch (InvalidOperationException e)
                {
                    Volatile.Write(ref noticed, e);
                }
            }
        }

        var thread = new Thread(() =>
        {
            Volatile.Write(ref other, true);
            Hammer();
        });
        thread.Start();
        Hang.Until(() => Volatile.Read(ref other));
        var here = Task.Run(Hammer);

        Assert.That(async () => await here.Guard(), Throws.Nothing);
        Assert.That(thread.Join(Hang.Limit), Is.True);
        Assert.That(noticed!.Message, Does.Contain("The session").And.Contain("another thread"));
        session.Run();
    }

    [Test]
    public void Misuse_by_two_threads_ends_in_results_or_exceptions_and_leaves_a_sound_session()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { MaxShapes = 2 });
        using var small = new PinnedBuffer<float>(5 * 4);

        // Whatever the threads do to each other, a span must not reach beyond its buffer and nothing may hang.
        async Task Misuse(int seed)
        {
            var random = new Random(seed);
            for (int i = 0; i < 400; i++)
            {
                try
                {
                    switch (random.Next(7))
                    {
                        case 0:
                            session.Run(1 + random.Next(5));
                            break;
                        case 1:
                            await session.RunAsync(1 + random.Next(5)).ConfigureAwait(false);
                            break;
                        case 2:
                            session.Enqueue(1 + random.Next(5));
                            session.Wait();
                            break;
                        case 3:
                            session.SetBatch(1 + random.Next(16));
                            session.Input<float>("x").Fill(i);
                            break;
                        case 4:
                            _ = session.Output<float>("y").ToArray();
                            break;
                        case 5:
                            session.BindHost("x", small);
                            break;
                        default:
                            session.Unbind("x");
                            break;
                    }
                }
                catch (Exception e) when (e is InvalidOperationException or ArgumentException or PinionException { Status: PinionStatus.InvalidArgument })
                {
                    // Told that another thread is there, or that its binding is too small for the shape.
                }
            }
        }

        Assert.That(() => Task.WaitAll([.. Enumerable.Range(0, 3).Select(seed => Task.Run(() => Misuse(seed)).Guard())]), Throws.Nothing);

        // A thread may have been refused between its Enqueue and its Wait.
        while (!session.IsIdle)
        {
            session.Wait();
        }

        session.Unbind("x");
        session.SetBatch(3);
        session.Input<float>("x").Fill(6);
        session.Run();
        Assert.That(session.Output<float>("y").ToArray(), Is.All.EqualTo(7f).And.Exactly(12).Items);
    }

    private sealed class Sessions(Engine engine, int count, SessionOptions? options = null) : IDisposable
    {
        public Session[] All { get; } = [.. Enumerable.Range(0, count).Select(_ => engine.CreateSession(options))];

        public Session this[int index] => All[index];

        public void Dispose() => Array.ForEach(All, s => s.Dispose());
    }
}
