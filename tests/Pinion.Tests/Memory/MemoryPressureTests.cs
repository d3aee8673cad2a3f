using System.Runtime.CompilerServices;

namespace Pinion.Tests;

/// <summary>What the GC is told of native memory: each byte once, and taken back once.</summary>
[NonParallelizable]
public sealed class MemoryPressureTests
{
    private const int Mebibyte = 1 << 20;
    private long _before;

    [SetUp]
    public void CollectWhatOthersLeft()
    {
        Collect();
        _before = PinionRuntime.MemoryPressureBytes;
    }

    [Test]
    public void A_session_tells_its_pinned_memory_until_it_is_disposed()
    {
        using Engine engine = TestEngines.AddOne();
        Session session = engine.CreateSession();
        Assert.That(Added, Is.EqualTo(2 * 16 * 4 * sizeof(float)), "input and output of the profile's largest shape");

        session.Dispose();
        session.Dispose();
        Assert.That(Added, Is.Zero);
    }

    [Test]
    public void A_session_that_cannot_be_made_leaves_nothing()
    {
        using Engine engine = TestEngines.AddOne();

        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SessionOptions { WarmBatches = [1000] }));

        Assert.That(Added, Is.Zero);
    }

    [Test]
    public void A_buffer_tells_its_memory_until_nobody_uses_it()
    {
        var buffer = new PinnedBuffer<float>(Mebibyte);
        System.Buffers.MemoryHandle pin = buffer.Pin();
        Assert.That(Added, Is.EqualTo(4 * Mebibyte));

        buffer.Dispose();
        Assert.That(Added, Is.EqualTo(4 * Mebibyte), "pinned");
        pin.Dispose();
        buffer.Dispose();
        Assert.That(Added, Is.Zero);
    }

    [Test]
    public void Memory_of_the_callers_is_the_callers_to_tell()
    {
        using var buffer = PinnedBuffer.Register<byte>(new byte[Mebibyte]);

        Assert.That(Added, Is.Zero);
    }

    [Test]
    public void What_is_forgotten_is_taken_back_once()
    {
        using Engine engine = TestEngines.AddOne();
        Forget(engine);
        Assert.That(Added, Is.GreaterThan(0));

        Collect();

        Assert.That(Added, Is.Zero);
    }

    /// <summary>Nobody collects here but the GC itself.</summary>
    [Test]
    public void Forgotten_buffers_are_collected_before_they_fill_the_memory()
    {
        const int Count = 400;
        long most = 0;
        for (int i = 0; i < Count; i++)
        {
            ForgetBuffer();
            most = Math.Max(most, Added);
            GC.WaitForPendingFinalizers();
        }

        Assert.That(most, Is.LessThan(Count / 2 * 4L * Mebibyte));
    }

    private long Added => PinionRuntime.MemoryPressureBytes - _before;

    private static void Collect()
    {
        // The second collects what the finalizers of the first let go.
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(Engine engine)
    {
        _ = engine.CreateSession();
        ForgetBuffer();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForgetBuffer() => _ = new PinnedBuffer<float>(Mebibyte).Length;
}
