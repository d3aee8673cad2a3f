namespace Pinion.Tests;

public sealed class SpanTests
{
    [Test]
    public void Float_tensors_are_floats() => RoundTrip<float>(OnnxType.Float32, 0, 1, -1, float.MaxValue, float.Epsilon, -0f);

    [Test]
    public void Half_tensors_are_halves() =>
        RoundTrip(OnnxType.Float16, (Half)0, (Half)1, (Half)(-2), Half.MaxValue, (Half)0.5, Half.Epsilon);

    [Test]
    public void Int32_tensors_are_ints() => RoundTrip(OnnxType.Int32, 0, 1, -1, int.MaxValue, int.MinValue, 42);

    [Test]
    public void Bool_tensors_are_bools() => RoundTrip(OnnxType.Bool, true, false, true, true, false, false);

    [Test]
    public void Bytes_of_any_tensor_can_be_had()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession();

        Assert.That(session.Input<byte>("x").Length, Is.EqualTo(16 * 4 * sizeof(float)));
        session.SetBatch(1);
        Assert.That(session.Input<byte>("x").Length, Is.EqualTo(4 * sizeof(float)));
        session.Input<byte>("x").Clear();
        session.Run();
        Check.Equal(session.Output<byte>("y"), [.. Enumerable.Repeat(BitConverter.GetBytes(1f), 4).SelectMany(b => b)]);
    }

    [Test]
    public void A_tensor_of_any_type_is_found_once_as_bytes()
    {
        BytesRoundTrip(OnnxType.Float32, sizeof(float));
        BytesRoundTrip(OnnxType.Float16, 2);
        BytesRoundTrip(OnnxType.Int32, sizeof(int));
        BytesRoundTrip(OnnxType.Bool, 1);
    }

    [Test]
    public void Bytes_found_once_follow_the_shape()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession();
        SessionInput<byte> x = session.GetInput<byte>("x");
        SessionOutput<byte> y = session.GetOutput<byte>("y");

        Assert.That(x.Span.Length, Is.EqualTo(16 * 4 * sizeof(float)));
        session.SetBatch(3);
        Assert.That(x.Span.Length, Is.EqualTo(3 * 4 * sizeof(float)));
        session.Run();
        Assert.That(y.Span.Length, Is.EqualTo(3 * 4 * sizeof(float)));
    }

    [Test]
    public void A_shape_given_up_gives_no_span_beyond_a_smaller_buffer()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        using var small = new PinnedBuffer<float>(4);
        ShapeVariant large = session.Prepare(("x", [8, 4]));
        session.Use(large);
        large.Dispose();

        session.BindHost("x", small);

        Check.Throws<InvalidOperationException>(() => _ = session.Input<float>("x").Length, "'x'", "128 bytes", "16");
        session.SetBatch(1);
        Assert.That(session.Input<float>("x").Length, Is.EqualTo(4));
    }

    [Test]
    public void A_wrong_type_names_the_right_one()
    {
        using Engine engine = TestEngines.IdentityOf(OnnxType.Float16);
        using Session session = engine.CreateSession();

        Check.Throws<ArgumentException>(() => session.Input<float>("x"), "'x'", "Float16", "Half", "float");
        Check.Throws<ArgumentException>(() => session.Output<int>("y"), "'y'", "Half");
        Check.Throws<ArgumentException>(() => session.GetInput<ushort>("x"), "'x'", "Half");
        Check.Throws<ArgumentException>(() => session.GetOutput<double>("y"), "'y'", "Half");
    }

    [Test]
    public void An_unknown_name_suggests_the_nearest()
    {
        using Engine engine = TestEngines.Sum();
        using Session session = engine.CreateSession();

        Check.Throws<ArgumentException>(() => session.Input<float>("Left"), "'Left'", "Did you mean 'left'?");
        Check.Throws<ArgumentException>(() => session.GetInput<float>("images"), "'images'", "'left'", "'right'");
        Check.Throws<ArgumentException>(() => session.SetShape("rigth", [1, 2]), "Did you mean 'right'?");
        Check.Throws<ArgumentException>(() => session.GetShape("summ"), "Did you mean 'sum'");
        Check.Throws<ArgumentException>(() => session.Prepare(("lefd", [1, 2])), "Did you mean 'left'?");
        Check.Throws<ArgumentNullException>(() => session.Input<float>(null!));
    }

    [Test]
    public void Inputs_and_outputs_are_not_confused()
    {
        using Engine engine = TestEngines.Sum();
        using Session session = engine.CreateSession();

        Check.Throws<ArgumentException>(() => session.Input<float>("sum"), "'sum' is an output");
        Check.Throws<ArgumentException>(() => session.Output<float>("left"), "'left' is an input");
    }

    [Test]
    public void Outputs_want_a_run_first()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        SessionOutput<float> y = session.GetOutput<float>("y");

        Check.Throws<InvalidOperationException>(() => _ = y.Span.Length, "no completed run");
        Check.Throws<InvalidOperationException>(() => _ = session.Output<byte>("y").Length, "no completed run");
        session.Run(1);
        Assert.That(y.Span.Length, Is.EqualTo(4));

        // Preparing runs the model over the buffers.
        session.Prepare(("x", [5, 4]));
        Check.Throws<InvalidOperationException>(() => _ = y.Span.Length, "no completed run");
    }

    [Test]
    public void Outputs_of_other_shapes_than_those_set_are_refused()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1, 2] });
        session.Input<float>("x")[..4].Fill(1);
        session.Run(1);

        session.SetShape("x", [3, 4]);
        Check.Throws<InvalidOperationException>(() => _ = session.Output<float>("y").Length, "last run", "'x' as 1x4", "run first");
        session.SetBatch(2);
        Check.Throws<InvalidOperationException>(() => _ = session.Output<float>("y").Length, "'x' as 1x4");

        // Nothing was prepared, so what the run wrote is still there.
        session.SetShape("x", [1, 4]);
        Check.Equal(session.Output<float>("y"), 2, 2, 2, 2);
        Assert.That(session.Timings.LatencyMs, Is.GreaterThan(0));
    }

    [Test]
    public void Outputs_that_were_overwritten_say_by_what()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });

        session.Run(1);
        session.SetShape("x", [7, 4]);
        Assert.That(session.GetShape("y"), Is.EqualTo(new TensorShape(7, 4)));
        Check.Throws<InvalidOperationException>(() => _ = session.Output<float>("y").Length, "no completed run to read", "shapes were prepared since", "Run it again");

        session.Run(1);
        session.ProfileLayers(1);
        Check.Throws<InvalidOperationException>(() => _ = session.Timings, "layers were profiled since");

        session.Run(1);
        using var memory = new PinnedBuffer<float>(64);
        session.BindHost("y", memory);
        Check.Throws<InvalidOperationException>(() => _ = session.Output<float>("y").Length, "memory was bound or unbound since");

        session.Run(1);
        Assert.That(session.Output<float>("y").Length, Is.EqualTo(4));
    }

    [Test]
    public async Task A_refused_run_with_a_new_batch_leaves_the_last_runs_outputs()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        ValueTask run = session.RunAsync(1);

        Check.Throws<InvalidOperationException>(() => session.Run(9));
        await run;

        Assert.That(session.Output<float>("y").Length, Is.EqualTo(4));
    }

    [Test]
    public void Buffers_are_aligned_and_separate()
    {
        using Engine engine = TestEngines.Sum();
        using Session session = engine.CreateSession();
        using Session other = engine.CreateSession();

        session.Input<byte>("left").Fill(1);
        other.Input<byte>("left").Fill(2);
        session.Input<byte>("right").Fill(3);

        Assert.That(session.Input<byte>("left").ToArray(), Is.All.EqualTo(1));
        Assert.That(other.Input<byte>("left").ToArray(), Is.All.EqualTo(2));
        unsafe
        {
            fixed (byte* data = session.Input<byte>("left"))
            {
                Assert.That((long)data % 64, Is.Zero);
            }
        }
    }

    private static void RoundTrip<T>(OnnxType type, params T[] values)
        where T : unmanaged
    {
        using Engine engine = TestEngines.IdentityOf(type);
        using Session session = engine.CreateSession();

        values.CopyTo(session.Input<T>("x"));
        session.Run();

        Check.Equal(session.Output<T>("y"), values);
    }

    private static void BytesRoundTrip(OnnxType type, int elementBytes)
    {
        using Engine engine = TestEngines.IdentityOf(type);
        using Session session = engine.CreateSession();
        SessionInput<byte> x = session.GetInput<byte>("x");
        SessionOutput<byte> y = session.GetOutput<byte>("y");

        Assert.That(x.Span.Length, Is.EqualTo(x.Info.Shape.ElementCount * elementBytes));
        for (int i = 0; i < x.Span.Length; i++)
        {
            // 0 or 1, so that they are booleans as well.
            x.Span[i] = (byte)(i % 3 == 0 ? 1 : 0);
        }

        session.Run();

        Check.Equal(y.Span, x.Span.ToArray());
    }
}
