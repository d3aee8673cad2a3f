namespace Pinion.Serving.Tests.Buffers;

public sealed class PinnedPoolTests
{
    [TestCase(0, 4096)]
    [TestCase(1, 4096)]
    [TestCase(4096, 4096)]
    [TestCase(4097, 5120)]
    [TestCase(602_112, 655_360)]
    [TestCase(1 << 20, 1 << 20)]
    [TestCase((1 << 20) + 1, (1 << 20) + (1 << 18))]
    public void Sizes(int bytes, int size) => Assert.That(PinnedPool.SizeClass(bytes), Is.EqualTo(size));

    [Test]
    public void SizesWasteAQuarterAtMostAndNeverShrink()
    {
        var random = new Random(7);
        for (int i = 0; i < 10_000; i++)
        {
            int bytes = (int)random.NextInt64(4096, Array.MaxLength);
            Assert.That(PinnedPool.SizeClass(bytes), Is.InRange(bytes, Math.Min(bytes * 1.25 + 1, Array.MaxLength)));
        }
    }

    [Test]
    public void BuffersAreUsedAgainAndCountedOnce()
    {
        using var pool = new PinnedPool(1 << 20);
        Memory<byte> first;
        using (PinnedLease lease = pool.Rent(5000))
        {
            first = lease.Memory;
            Assert.That(first.Length, Is.EqualTo(5000));
            Assert.That((pool.Rented, pool.RentedBytes, pool.HeldBytes), Is.EqualTo((1, 5120L, 5120L)));
            lease.Dispose();
            lease.Dispose();
            Assert.That((pool.Rented, pool.RentedBytes, pool.HeldBytes), Is.EqualTo((0, 0L, 5120L)));
            Assert.That(() => lease.Memory, Throws.InstanceOf<ObjectDisposedException>());
        }

        using PinnedLease again = pool.Rent(5120);
        Assert.That(again.Memory.Span.Overlaps(first.Span), Is.True);
    }

    [Test]
    public void TheTotalIsBounded()
    {
        using var pool = new PinnedPool(16384);
        using PinnedLease a = pool.Rent(8192);
        using PinnedLease b = pool.Rent(4096);
        Assert.That(Assert.Throws<ServingException>(() => pool.Rent(8192))!.Error, Is.EqualTo(ServingError.Busy));
        Assert.That(Assert.Throws<ServingException>(() => pool.Rent(20000))!.Error, Is.EqualTo(ServingError.TooLarge));
        Assert.That((pool.Rented, pool.RentedBytes), Is.EqualTo((2, 12288L)));
        a.Dispose();
        using PinnedLease c = pool.Rent(12288);
        Assert.That(pool.HeldBytes, Is.EqualTo(16384), "idle buffers make room");
    }

    [Test]
    public void IdleBuffersTakeAPartOnly()
    {
        using var pool = new PinnedPool(1 << 20);
        PinnedLease[] leases = [.. Enumerable.Range(0, 100).Select(_ => pool.Rent(8192))];
        foreach (PinnedLease lease in leases)
        {
            lease.Dispose();
        }

        Assert.That(pool.HeldBytes, Is.EqualTo(1 << 18));
        pool.Dispose();
        Assert.That(pool.HeldBytes, Is.Zero);
    }

    [Test]
    public void ManyThreads()
    {
        using var pool = new PinnedPool(1 << 24);
        Parallel.For(0, 8, worker =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 2000; i++)
            {
                using PinnedLease lease = pool.Rent(random.Next(1, 60_000));
                lease.Span.Fill((byte)worker);
                Assert.That(lease.Span.ContainsAnyExcept((byte)worker), Is.False);
            }
        });
        Assert.That((pool.Rented, pool.RentedBytes), Is.EqualTo((0, 0L)));
    }
}
