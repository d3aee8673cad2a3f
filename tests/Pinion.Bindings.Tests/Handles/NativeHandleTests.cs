namespace Pinion.Bindings.Tests;

internal sealed unsafe class NativeHandleTests
{
    private sealed class CountingHandle(byte* value) : NativeHandle<byte>(value)
    {
        internal int Releases { get; private set; }

        protected override bool ReleaseHandle()
        {
            Releases++;
            return true;
        }
    }

    [Test]
    public void Is_released_once()
    {
        byte target;
        var handle = new CountingHandle(&target);
        handle.Dispose();
        handle.Dispose();
        Assert.That(handle.Releases, Is.EqualTo(1));
    }

    [Test]
    public void A_lease_puts_the_release_off()
    {
        byte target;
        var handle = new CountingHandle(&target);
        using (HandleLease<byte> lease = handle.Lease())
        {
            handle.Dispose();
            bool same = lease.Pointer == &target;
            Assert.That((same, handle.Releases), Is.EqualTo((true, 0)));
        }

        Assert.That(handle.Releases, Is.EqualTo(1));
    }

    [Test]
    public void A_closed_handle_gives_no_lease()
    {
        byte target;
        var handle = new CountingHandle(&target);
        handle.Dispose();
        Assert.That(() => handle.Lease().Dispose(), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void Null_is_invalid_and_never_released()
    {
        var handle = new CountingHandle(null);
        handle.Dispose();
        Assert.That((handle.IsInvalid, handle.Releases), Is.EqualTo((true, 0)));
    }

    [Test]
    public void A_lease_allocates_nothing()
    {
        byte target;
        using var handle = new CountingHandle(&target);
        Lease(handle, 10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Lease(handle, 1000);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static void Lease(CountingHandle handle, int times)
    {
        for (int i = 0; i < times; i++)
        {
            using HandleLease<byte> lease = handle.Lease();
            *lease.Pointer = (byte)i;
        }
    }
}
