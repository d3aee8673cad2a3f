namespace Pinion.Tests;

public sealed class BindingTests
{
    [Test]
    public void Inputs_and_outputs_can_be_the_callers_pinned_memory([Values] bool graph)
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { UseGraph = graph, WarmBatches = [2] });
        using var input = new PinnedBuffer<float>(64);
        using var output = new PinnedBuffer<float>(64);

        session.BindHost("x", input);
        session.BindHost("y", output);
        for (int run = 0; run < 5; run++)
        {
            input.Span.Fill(run);
            session.Run(2);
            Assert.That(output.Span[..8].ToArray(), Is.All.EqualTo(run + 1f));
        }

        Assert.That(output.Span[8], Is.Not.EqualTo(5f));
        session.SetBatch(2);
        unsafe
        {
            fixed (float* mine = input.Span, theirs = session.Input<float>("x"))
            {
                Assert.That((nint)theirs, Is.EqualTo((nint)mine));
            }
        }

        session.Unbind("x");
        session.Unbind("y");
        session.Input<float>("x").Fill(40);
        session.Run();
        Assert.That(session.Output<float>("y").ToArray(), Is.All.EqualTo(41f));
        Assert.That(input.Span.ToArray(), Is.All.EqualTo(4f));
    }

    [Test]
    public void Registered_arrays_bind_like_pinned_buffers()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        float[] array = new float[16];
        using var output = PinnedBuffer.Register<float>(array);

        session.BindHost("y", output);
        session.Input<float>("x").Fill(6);
        session.Run();

        Assert.That(array, Is.All.EqualTo(6f));
    }

    [Test]
    public void Device_memory_is_read_and_written_in_place([Values] bool graph)
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession(new SessionOptions { UseGraph = graph });
        using var input = new DeviceBuffer(64);
        using var output = new DeviceBuffer(64);
        float[] values = [.. Enumerable.Range(0, 16).Select(i => (float)i)];
        input.CopyFrom<float>(values);

        session.BindDevice("x", input);
        session.BindDevice("y", output.DevicePointer, output.SizeBytes);
        session.Run();

        float[] result = new float[16];
        output.CopyTo<float>(result);
        Assert.That(result, Is.EqualTo(values));
        Assert.That(session.Timings.HostToDeviceMs, Is.Zero);
        Check.Throws<InvalidOperationException>(() => _ = session.Input<float>("x").Length, "'x'", "device memory", "Unbind");
        Check.Throws<InvalidOperationException>(() => _ = session.Output<float>("y").Length, "'y'", "device memory");
    }

    [Test]
    public void Bound_memory_outlives_its_owners_dispose()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        var input = new PinnedBuffer<float>(16);
        var output = new DeviceBuffer(64);
        input.Span.Fill(3);
        session.BindHost("x", input);
        session.BindDevice("y", output);
        input.Dispose();
        output.Dispose();

        session.Run();
        session.Unbind("y");
        session.Run();

        Assert.That(session.Output<float>("y").ToArray(), Is.All.EqualTo(3f));
        Check.Throws<ObjectDisposedException>(() => session.BindHost("x", input));
        Check.Throws<ObjectDisposedException>(() => session.BindDevice("y", output));
    }

    [Test]
    public void Too_little_memory_is_refused_with_both_sizes()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [2] });
        using var small = new PinnedBuffer<float>(7);
        using var enough = new PinnedBuffer<float>(8);
        using var device = new DeviceBuffer(31);

        Check.Throws<ArgumentException>(() => session.BindHost("x", small), "'x'", "32 bytes", "28");
        Check.Throws<ArgumentException>(() => session.BindDevice("y", device), "'y'", "32 bytes", "31");

        // A batch that does not fit what is bound cannot be prepared later.
        session.BindHost("x", enough);
        session.Run(2);
        Assert.That(() => session.Run(3), Throws.InstanceOf<ArgumentException>().Or.InstanceOf<PinionException>());
        session.Run(2);
    }

    [Test]
    public void Wrong_types_names_and_pointers_are_refused()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        using var ints = new PinnedBuffer<int>(16);
        using var floats = new PinnedBuffer<float>(16);

        Check.Throws<ArgumentException>(() => session.BindHost("x", ints), "'x'", "float", "int");
        Check.Throws<ArgumentException>(() => session.BindHost("z", floats), "'z'");
        Check.Throws<ArgumentOutOfRangeException>(() => session.BindDevice("x", 0, 64));
        Check.Throws<ArgumentNullException>(() => session.BindHost<float>("x", null!));
    }

    [Test]
    public void Bytes_bind_to_a_tensor_of_any_type()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        using var bytes = new PinnedBuffer<byte>(16 * sizeof(float));

        session.BindHost("y", bytes);
        session.Input<float>("x").Fill(2);
        session.Run();

        Assert.That(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray(), Is.All.EqualTo(2f));
    }

    [Test]
    public void Binding_wants_the_session_idle()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        using var buffer = new PinnedBuffer<float>(16);
        session.Enqueue();

        Check.Throws<InvalidOperationException>(() => session.BindHost("x", buffer), "The session", "in flight");

        session.Wait();
        session.BindHost("x", buffer);
    }

    [Test]
    public void Device_copies_stay_within_the_buffer()
    {
        using var buffer = new DeviceBuffer(16);
        int[] values = [1, 2, 3, 4];
        buffer.CopyFrom<int>(values);
        int[] tail = new int[2];

        buffer.CopyTo<int>(tail, offsetBytes: 8);

        Assert.That(tail, Is.EqualTo(new[] { 3, 4 }));
        Check.Throws<ArgumentException>(() => buffer.CopyTo<int>(tail, offsetBytes: 12), "8 bytes at offset 12", "16");
        Check.Throws<ArgumentOutOfRangeException>(() => buffer.CopyFrom<int>(values, offsetBytes: -1));
        buffer.Dispose();
        Check.Throws<ObjectDisposedException>(() => buffer.CopyFrom<int>(values), nameof(DeviceBuffer));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DeviceBuffer(0).Dispose());
    }
}
