using System.Runtime.InteropServices;

namespace Pinion.Bindings.Tests;

internal sealed unsafe class MemoryHandleTests
{
    private const int Bytes = 1 << 20;

    [Test]
    public void Pinned_memory_is_aligned_and_zeroed()
    {
        void* data;
        pn_error* error = null;
        Native.Check(NativeMethods.pn_pinned_alloc(0, Bytes, &data, &error), error);
        using var handle = new PinnedMemoryHandle(0, data, Bytes);
        var memory = new Span<byte>(data, Bytes);
        Assert.That((long)data % 64, Is.Zero);
        Assert.That(memory.ContainsAnyExcept((byte)0), Is.False);
        memory.Fill(0xa5);
        Assert.That(memory.ContainsAnyExcept((byte)0xa5), Is.False);
    }

    [Test]
    public void Registered_memory_stays_the_callers()
    {
        void* data = NativeMemory.AlignedAlloc(Bytes, 4096);
        pn_error* error = null;
        Native.Check(NativeMethods.pn_pinned_register(0, data, Bytes, &error), error);
        new PinnedRegistrationHandle(0, data).Dispose();
        new Span<byte>(data, Bytes).Fill(1);

        // Registering again works only if it was given back.
        Native.Check(NativeMethods.pn_pinned_register(0, data, Bytes, &error), error);
        new PinnedRegistrationHandle(0, data).Dispose();
        NativeMemory.AlignedFree(data);
    }

    [Test]
    public void Device_memory_takes_a_copy_and_gives_it_back()
    {
        void* data;
        pn_error* error = null;
        Native.Check(NativeMethods.pn_device_alloc(0, 16, &data, &error), error);
        using var handle = new DeviceMemoryHandle(0, data);
        ulong there = 0x0123456789abcdef;
        ulong back = 0;
        Native.Check(NativeMethods.pn_memory_copy(0, data, &there, sizeof(ulong), &error), error);
        Native.Check(NativeMethods.pn_memory_copy(0, &back, data, sizeof(ulong), &error), error);
        Assert.That(back, Is.EqualTo(there));
    }
}
