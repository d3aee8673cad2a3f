using Pinion.Tests.Support;

namespace Pinion.Tests.Memory;

public sealed class BindingTests
{
    [Test]
    public void Inputs_and_outputs_can_be_the_callers_pinned_memory([Values] bool graph)
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { UseGraph = graph, WarmBatches = [2] });
        using var input = new PinnedBuffer<float>(64);
        using var output = new PinnedBuffer<float>(64);
        SessionSlot slot = session.Slots[0];

        slot.BindHost("x", input);
        slot.BindHost("y", output);
        for (int run = 0; run < 5; run++)
        {
            input.Span.Fill(run);
            slot.Run(2);
            Assert.That(output.Span[..8].ToArray(), Is.All.EqualTo(run + 1f));
        }

        Assert.That(output.Span[8], Is.Not.EqualTo(5f));
        slot.SetBatch(2);
        unsafe
        {
            fixed (float* mine = input.Span, theirs = slot.Input<float>("x"))
            {
                Assert.That((nint)theirs, Is.EqualTo((nint)mine));
            }
        }

        slot.Unbind("x");
        slot.Unbind("y");
        slot.Input<float>("x").Fill(40);
        slot.Run();
        Assert.That(slot.Output<float>("y").ToArray(), Is.All.EqualTo(41f));
        Assert.That(input.Span.ToArray(), Is.All.EqualTo(4f));
    }

    [Test]
    public void Registered_arrays_bind_like_pinned_buffers()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        float[] array = new float[16];
        using PinnedBuffer<float> output = PinnedBuffer.Register<float>(array);

        session.Slots[0].BindHost("y", output);
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

        session.Slots[0].BindDevice("x", input);
        session.Slots[0].BindDevice("y", output.DevicePointer, output.SizeBytes);
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
        session.Slots[0].BindHost("x", input);
        session.Slots[0].BindDevice("y", output);
        input.Dispose();
        output.Dispose();

        session.Run();
        session.Slots[0].Unbind("y");
        session.Run();

        Assert.That(session.Output<float>("y").ToArray(), Is.All.EqualTo(3f));
        Check.Throws<ObjectDisposedException>(() => session.Slots[0].BindHost("x", input));
        Check.Throws<ObjectDisposedException>(() => session.Slots[0].BindDevice("y", output));
    }

    [Test]
    public void Too_little_memory_is_refused_with_both_sizes()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [2] });
        using var small = new PinnedBuffer<float>(7);
        using var enough = new PinnedBuffer<float>(8);
        using var device = new DeviceBuffer(31);

        Check.Throws<ArgumentException>(() => session.Slots[0].BindHost("x", small), "'x'", "32 bytes", "28");
        Check.Throws<ArgumentException>(() => session.Slots[0].BindDevice("y", device), "'y'", "32 bytes", "31");

        // A batch that does not fit what is bound cannot be prepared later.
        session.Slots[0].BindHost("x", enough);
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

        Check.Throws<ArgumentException>(() => session.Slots[0].BindHost("x", ints), "'x'", "float", "int");
        Check.Throws<ArgumentException>(() => session.Slots[0].BindHost("z", floats), "'z'");
        Check.Throws<ArgumentOutOfRangeException>(() => session.Slots[0].BindDevice("x", 0, 64));
        Check.Throws<ArgumentNullException>(() => session.Slots[0].BindHost<float>("x", null!));
    }

    [Test]
    public void Binding_wants_every_slot_idle()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession(new SessionOptions { Slots = 2 });
        using var buffer = new PinnedBuffer<float>(16);
        session.Slots[0].Enqueue();

        Check.Throws<InvalidOperationException>(() => session.Slots[1].BindHost("x", buffer), "Slot 0");

        session.Slots[0].Wait();
        session.Slots[1].BindHost("x", buffer);
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
