using System.Buffers;

namespace Pinion.Tests;

public sealed class PinnedBufferTests
{
    [Test]
    public void It_is_zeroed_aligned_and_as_large_as_asked()
    {
        using var buffer = new PinnedBuffer<double>(1000);

        Assert.That(buffer.Length, Is.EqualTo(1000));
        Assert.That(buffer.SizeBytes, Is.EqualTo(8000));
        Assert.That(buffer.Span.ToArray(), Is.All.Zero);
        Assert.That(buffer.Memory.Length, Is.EqualTo(1000));
        unsafe
        {
            using MemoryHandle pin = buffer.Memory.Pin();
            Assert.That((long)pin.Pointer % 64, Is.Zero);
        }
    }

    [Test]
    public void Its_memory_is_its_span()
    {
        using var buffer = new PinnedBuffer<int>(4);

        buffer.Memory.Span[2] = 7;

        Check.Equal<int>(buffer.Span, 0, 0, 7, 0);
    }

    [Test]
    public void A_pin_keeps_the_memory_beyond_dispose()
    {
        var buffer = new PinnedBuffer<int>(4);
        MemoryHandle pin = buffer.Memory[1..].Pin();
        ((IDisposable)buffer).Dispose();
        unsafe
        {
            *(int*)pin.Pointer = 5;
            Assert.That(*(int*)pin.Pointer, Is.EqualTo(5));
        }

        pin.Dispose();
        Assert.That(() => buffer.Pin(), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void A_disposed_buffer_says_so()
    {
        var buffer = new PinnedBuffer<int>(4);
        buffer.Dispose();
        buffer.Dispose();

        Check.Throws<ObjectDisposedException>(() => _ = buffer.Span.Length, "PinnedBuffer");
        Check.Throws<ObjectDisposedException>(() => _ = buffer.Memory.Span.Length, "PinnedBuffer");
    }

    [Test]
    public void Lengths_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PinnedBuffer<int>(0).Dispose());
        Assert.Throws<ArgumentOutOfRangeException>(() => new PinnedBuffer<int>(-1).Dispose());
        Check.Throws<ArgumentException>(() => PinnedBuffer.Register(Memory<int>.Empty), "empty");
    }

    [Test]
    public void An_array_can_be_registered()
    {
        float[] array = [1, 2, 3, 4];
        using (var buffer = PinnedBuffer.Register(array.AsMemory(1, 2)))
        {
            buffer.Span[0] = 20;
            Assert.That(buffer.Length, Is.EqualTo(2));
        }

        Assert.That(array, Is.EqualTo(new[] { 1f, 20, 3, 4 }));
        PinnedBuffer.Register<float>(array).Dispose();
    }

    [Test]
    public void Memory_registered_twice_is_refused_and_stays_registered_once()
    {
        float[] array = new float[4096];
        using var buffer = PinnedBuffer.Register<float>(array);

        Assert.Throws<PinionException>(() => PinnedBuffer.Register<float>(array));
        buffer.Span[0] = 1;
        Assert.That(array[0], Is.EqualTo(1));
    }
}
