using Pinion.Tests.Support;

namespace Pinion.Tests.Sessions;

public sealed class SlotTests
{
    [Test]
    public void Slots_run_at_the_same_time()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { Slots = 4, WarmBatches = [1] });

        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 4; i++)
            {
                session.Slots[i].SetBatch(1);
                session.Slots[i].Input<float>("x").Fill((10 * i) + round);
                session.Slots[i].Enqueue();
            }

            Assert.That(session.Slots.Select(s => s.IsIdle), Is.All.False);
            foreach (SessionSlot slot in session.Slots)
            {
                slot.Wait();
                Assert.That(slot.Output<float>("y").ToArray(), Is.All.EqualTo((10 * slot.Index) + round + 1f));
            }
        }
    }

    [Test]
    public void Poll_is_true_once()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        SessionSlot slot = session.Slots[0];

        slot.Input<float>("x").Fill(5);
        slot.Enqueue();
        Hang.Until(slot.Poll);

        Assert.That(slot.IsIdle, Is.True);
        Assert.That(slot.Output<float>("y").ToArray(), Is.All.EqualTo(5f));
        Check.Throws<InvalidOperationException>(() => slot.Poll(), "nothing in flight");
        Check.Throws<InvalidOperationException>(slot.Wait, "nothing in flight");
    }

    [Test]
    public void Buffers_belong_to_the_run_in_flight()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { Slots = 2, WarmBatches = [1] });
        SessionSlot slot = session.Slots[0];
        SessionInput<float> x = slot.GetInput<float>("x");
        slot.Enqueue(1);

        Check.Throws<InvalidOperationException>(() => _ = x.Span.Length, "Slot 0", "in flight");
        Check.Throws<InvalidOperationException>(() => _ = slot.Output<float>("y").Length, "Slot 0", "in flight");
        Check.Throws<InvalidOperationException>(() => slot.Run(), "Slot 0", "Wait");
        Check.Throws<InvalidOperationException>(() => slot.Enqueue(), "Slot 0");
        Check.Throws<InvalidOperationException>(() => slot.RunAsync(), "Slot 0");
        Check.Throws<InvalidOperationException>(() => slot.SetBatch(2), "Slot 0");
        Check.Throws<InvalidOperationException>(() => _ = slot.Timings, "Slot 0");
        Check.Throws<InvalidOperationException>(() => session.Prepare(("x", [3, 4])), "Slot 0");

        // The other slot is free, as long as its shapes are there.
        session.Slots[1].Run(1);
        slot.Wait();
        slot.Run(3);
    }

    [Test]
    public void A_shape_that_is_new_cannot_be_prepared_while_another_slot_is_in_flight()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { Slots = 2, WarmBatches = [1] });
        session.Slots[0].Enqueue(1);

        Check.Throws<InvalidOperationException>(() => session.Slots[1].Run(7), "Slot 0");

        session.Slots[0].Wait();
        session.Slots[1].Run(7);
        Assert.That(session.Slots[1].Output<float>("y").Length, Is.EqualTo(28));
    }

    [Test]
    public void Slots_have_shapes_of_their_own()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { Slots = 2 });

        session.Slots[0].Run(2);
        session.Slots[1].Run(3);
        session.Slots[0].Run();

        Assert.That(session.Slots[0].Output<float>("y").Length, Is.EqualTo(8));
        Assert.That(session.Slots[1].GetShape("x"), Is.EqualTo(new TensorShape(3, 4)));
    }

    [Test]
    public void Threads_with_a_slot_each_do_not_disturb_each_other()
    {
        using Engine engine = TestEngines.Dense();
        using Session session = engine.CreateSession(new SessionOptions { Slots = 4 });
        float[] weights = TestModels.DenseWeights();

        // Every thread also meets new batches, which stop all slots for a moment.
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, index =>
        {
            SessionSlot slot = session.Slots[index];
            for (int run = 0; run < 200; run++)
            {
                int batch = 1 + (run / 25);
                slot.SetBatch(batch);
                slot.Input<float>("x").Clear();
                slot.Input<float>("x")[index] = run;
                try
                {
                    slot.Run();
                    float value = slot.Output<float>("y")[1];

                    // Throws where the value was read from a span that another thread's preparation had ended.
                    _ = slot.Output<float>("y").Length;
                    Assert.That(value, Is.EqualTo(weights[(index * TestModels.Classes) + 1] * run));
                }
                catch (InvalidOperationException e) when (e.Message.Contains("no completed run", StringComparison.Ordinal))
                {
                    // Another thread prepared a batch between the run and the look at its output.
                }
            }
        });
    }

    [Test]
    public void One_slot_used_by_two_threads_is_noticed()
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
        Task here = Task.Run(Hammer);

        Assert.That(async () => await here.Guard(), Throws.Nothing);
        Assert.That(thread.Join(Hang.Limit), Is.True);
        Assert.That(noticed!.Message, Does.Contain("Slot 0").And.Contain("another thread"));
        session.Run();
    }

    [TestCase(0)]
    [TestCase(65)]
    public void The_number_of_slots_has_limits(int slots)
    {
        using Engine engine = TestEngines.Identity();

        Check.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SessionOptions { Slots = slots }), "Slots");
    }
}
