using Pinion.TestSupport;

namespace Pinion.Tests;

public sealed class RunTests
{
    [Test]
    public void A_static_engine_runs_at_once()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        float[] values = [.. Enumerable.Range(0, 16).Select(i => i * 0.5f)];

        values.CopyTo(session.Input<float>("x"));
        session.Run();

        Check.Equal(session.Output<float>("y"), values);
    }

    [Test]
    public void Every_run_sees_its_own_input([Values] bool graph, [Values] WaitMode wait)
    {
        using Engine engine = TestEngines.Dense();
        using Session session = engine.CreateSession(new SessionOptions { UseGraph = graph, WaitMode = wait });
        session.SetBatch(1);
        SessionInput<float> x = session.GetInput<float>("x");
        SessionOutput<float> y = session.GetOutput<float>("y");
        float[] weights = TestModels.DenseWeights();

        for (int run = 0; run < 100; run++)
        {
            x.Span.Clear();
            x.Span[run % TestModels.Features] = run;
            session.Run();

            // One feature picks one row of the weights.
            int row = run % TestModels.Features * TestModels.Classes;
            Check.Equal(y.Span, [.. weights.Skip(row).Take(TestModels.Classes).Select(w => w * run)]);
        }

        Assert.That(session.UsesGraph, Is.EqualTo(graph));
        Assert.That(session.FirstRunMs, Is.GreaterThan(0));
    }

    [Test]
    public void Batches_change_from_run_to_run()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1, 4] });

        foreach (int batch in new[] { 4, 1, 16, 1, 3, 16, 4 })
        {
            session.SetBatch(batch);
            Span<float> x = session.Input<float>("x");
            Assert.That(x.Length, Is.EqualTo(batch * 4));
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = i + batch;
            }

            session.Run();

            Check.Equal(session.Output<float>("y"), [.. Enumerable.Range(0, batch * 4).Select(i => i + batch + 1f)]);
            Assert.That(session.GetShape("y"), Is.EqualTo(new TensorShape(batch, 4)));
        }
    }

    [Test]
    public void Run_with_a_batch_takes_the_input_that_is_there()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession();

        // No shape is set: the span has room for the profile's largest.
        Span<float> x = session.Input<float>("x");
        Assert.That(x.Length, Is.EqualTo(16 * 4));
        x.Fill(1);
        session.Run(2);

        Check.Equal(session.Output<float>("y"), 2, 2, 2, 2, 2, 2, 2, 2);
        Assert.That(session.Input<float>("x").Length, Is.EqualTo(8));
    }

    [Test]
    public void Several_dynamic_inputs_are_set_one_by_one()
    {
        using Engine engine = TestEngines.Sum();
        using Session session = engine.CreateSession();

        session.SetShape("left", [1, 3]);
        Check.Throws<InvalidOperationException>(() => session.Run(), "'right'", "SetShape");
        session.SetShape("right", [1, 3]);
        session.Input<float>("left").Fill(2);
        session.Input<float>("right").Fill(3);
        session.Run();

        Check.Equal(session.Output<float>("sum"), 5, 5, 5);
    }

    [Test]
    public void A_batch_keeps_the_other_dimensions_or_takes_the_optimum()
    {
        using Engine engine = TestEngines.Sum();
        using Session session = engine.CreateSession();

        session.SetBatch(3);
        Assert.That(session.GetShape("left"), Is.EqualTo(new TensorShape(3, 8)));

        session.SetShape("left", [3, 5]);
        session.SetShape("right", [3, 5]);
        session.SetBatch(2);
        Assert.That(session.GetShape("right"), Is.EqualTo(new TensorShape(2, 5)));
        session.Run();
        Assert.That(session.Output<float>("sum").Length, Is.EqualTo(10));

        // The same batch with another width must not take the variant of the first.
        session.SetShape("left", [2, 7]);
        session.SetShape("right", [2, 7]);
        session.Run(2);
        Assert.That(session.Output<float>("sum").Length, Is.EqualTo(14));
    }

    [Test]
    public void A_fixed_batch_is_a_batch_too()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();

        session.Run(16);

        Check.Throws<ArgumentException>(() => session.Run(4), "no input has a dynamic first dimension".Replace("no", "No", StringComparison.Ordinal), "4");
    }

    [Test]
    public void Prepared_variants_run_and_share_equal_shapes()
    {
        using Engine engine = TestEngines.Sum();
        using Session session = engine.CreateSession();

        ShapeVariant small = session.Prepare(("left", [1, 2]), ("right", [1, 2]));
        ShapeVariant large = session.Prepare(("left", [2, 4]), ("right", [2, 4]));
        ShapeVariant again = session.Prepare(("right", [1, 2]), ("left", [1, 2]));

        Assert.That(again, Is.SameAs(small));
        Assert.That(large.GetShape("sum"), Is.EqualTo(new TensorShape(2, 4)));
        session.Run(large);
        Assert.That(session.Output<float>("sum").Length, Is.EqualTo(8));
        session.Run(small);
        Assert.That(session.Output<float>("sum").Length, Is.EqualTo(2));
        Assert.That(session.GetShape("left"), Is.EqualTo(new TensorShape(1, 2)));
    }

    [Test]
    public void A_variant_in_use_gives_the_spans_their_length_before_the_run()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession();
        using Session other = engine.CreateSession();
        ShapeVariant small = session.Prepare(("x", [1, 4]));
        ShapeVariant large = session.Prepare(("x", [3, 4]));

        session.Use(large);
        Assert.That(session.Input<float>("x").Length, Is.EqualTo(12));
        session.Use(small);
        Assert.That(session.Input<byte>("x").Length, Is.EqualTo(16));
        session.Input<float>("x").Fill(4);
        session.Run();
        Assert.That(session.Output<float>("y").ToArray(), Is.EqualTo(new float[] { 5, 5, 5, 5 }));

        Check.Throws<ArgumentException>(() => other.Use(small), "another session");
        small.Dispose();
        Check.Throws<ObjectDisposedException>(() => session.Use(small), nameof(ShapeVariant));
    }

    [Test]
    public void Admitted_shapes_run_plainly_until_they_are_prepared()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        session.Input<float>("x").Fill(1);
        session.Run(1);

        ShapeVariant admitted = session.Admit(("x", [2, 4]));

        Assert.That(session.Output<float>("y").ToArray(), Has.All.EqualTo(2f), "admitting runs nothing");
        Assert.That((admitted.IsPrepared, admitted.UsesGraph, admitted.FirstRunMs), Is.EqualTo((false, false, 0.0)));
        Assert.That(session.Admit(("x", [2, 4])), Is.SameAs(admitted));
        Run();
        Assert.That(session.Timings.UsedGraph, Is.False);

        Assert.That(session.Prepare(("x", [2, 4])), Is.SameAs(admitted));
        Assert.That((admitted.IsPrepared, admitted.UsesGraph), Is.EqualTo((true, true)));
        Check.Throws<InvalidOperationException>(() => session.Output<float>("y").ToArray(), "prepared since");
        Assert.That(session.Admit(("x", [2, 4])), Is.SameAs(admitted));
        Run();
        Assert.That(session.Timings.UsedGraph, Is.True);
        Check.Throws<ArgumentException>(() => session.Admit(("x", [17, 4])), "'x'", "17x4");

        void Run()
        {
            session.Use(admitted);
            session.Input<float>("x").Fill(3);
            session.Run(admitted);
            Assert.That(session.Output<float>("y").ToArray(), Has.Length.EqualTo(8).And.All.EqualTo(4f));
        }
    }

    [Test]
    public void A_disposed_variant_does_not_run()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession();
        using Session other = engine.CreateSession();
        ShapeVariant variant = session.Prepare(("x", [2, 4]));

        variant.Dispose();
        variant.Dispose();

        Assert.That(variant.IsDisposed, Is.True);
        Check.Throws<ObjectDisposedException>(() => session.Run(variant), nameof(ShapeVariant));
        ShapeVariant anew = session.Prepare(("x", [2, 4]));
        session.Run(anew);
        Check.Throws<ArgumentException>(() => other.Run(anew), "another session");
    }

    [Test]
    public void Shapes_beyond_the_limit_push_out_the_least_recent_and_come_back()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { MaxShapes = 2 });
        ShapeVariant kept = session.Prepare(("x", [16, 4]));

        for (int round = 0; round < 2; round++)
        {
            foreach (int batch in new[] { 1, 2, 3, 4, 1 })
            {
                session.SetBatch(batch);
                session.Input<float>("x").Fill(batch);
                session.Run(batch);
                Check.Equal(session.Output<float>("y"), [.. Enumerable.Repeat(batch + 1f, batch * 4)]);
            }
        }

        Assert.That(kept.IsDisposed, Is.False);
        session.Run(kept);
    }

    [Test]
    public void Warm_shapes_are_ready()
    {
        using Engine engine = TestEngines.Sum();
        var shapes = new Dictionary<string, TensorShape> { ["left"] = [1, 6], ["right"] = [1, 6] };
        using Session session = engine.CreateSession(new SessionOptions { WarmShapes = [shapes], WarmBatches = [2] });

        session.SetShape("left", [1, 6]);
        session.SetShape("right", [1, 6]);
        session.Run();

        Assert.That(session.Output<float>("sum").Length, Is.EqualTo(6));
        Check.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SessionOptions { WarmBatches = [99] }), "99", "1 to 8");
    }

    [Test]
    public void Layers_are_timed()
    {
        using Engine engine = TestEngines.Dense();
        using Session session = engine.CreateSession();
        session.SetBatch(4);

        LayerProfile profile = session.ProfileLayers(5);

        Assert.That(profile.Iterations, Is.EqualTo(5));
        Assert.That(profile.Layers, Is.Not.Empty);
        Assert.That(profile.Layers.Select(l => l.Name), Has.None.Empty);
        Assert.That(profile.Layers.Sum(l => l.AverageMs), Is.Positive);
        Assert.That(profile.Layers.Sum(l => l.Percentage), Is.EqualTo(100).Within(0.01));
    }

    [Test]
    public void Skipped_transfers_leave_the_host_alone()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession(new SessionOptions { SkipTransfers = true });

        session.Input<float>("x").Fill(9);
        session.Run();

        Timings timings = session.Timings;
        Assert.That(timings.HostToDeviceMs, Is.Zero);
        Assert.That(timings.DeviceToHostMs, Is.Zero);
        Assert.That(session.Output<float>("y").ToArray(), Has.None.EqualTo(9f));
    }
}
