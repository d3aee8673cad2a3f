namespace Pinion.Serving.Tests;

public sealed class RequestMemoryTests
{
    [Test]
    public void Memory_is_used_again_and_counted_once()
    {
        var memory = new RequestMemory(1 << 20);
        Memory<byte> first;
        using (RentedMemory rented = memory.Rent(5000))
        {
            first = rented.Memory;
            Assert.That(first.Length, Is.EqualTo(5000));
            Assert.That((memory.Rented, memory.RentedBytes), Is.EqualTo((1, 5000L)));
            rented.Dispose();
            rented.Dispose();
            Assert.That((memory.Rented, memory.RentedBytes), Is.EqualTo((0, 0L)));
            Assert.That(() => rented.Memory, Throws.InstanceOf<ObjectDisposedException>());
        }

        using RentedMemory again = memory.Rent(5120);
        Assert.That(again.Memory.Span.Overlaps(first.Span), Is.True);
    }

    [Test]
    public void The_total_is_bounded()
    {
        var memory = new RequestMemory(16384);
        using RentedMemory a = memory.Rent(8192);
        using RentedMemory b = memory.Rent(4096);
        Assert.That(Assert.Throws<ServingException>(() => memory.Rent(8192))!.Error, Is.EqualTo(ServingError.Busy));
        Assert.That(Assert.Throws<ServingException>(() => memory.Rent(20000))!.Error, Is.EqualTo(ServingError.TooLarge));
        Assert.That((memory.Rented, memory.RentedBytes), Is.EqualTo((2, 12288L)));
        a.Dispose();
        using RentedMemory c = memory.Rent(12288);
        Assert.That(memory.RentedBytes, Is.EqualTo(16384), "to the last byte");
    }

    [Test]
    public void Many_threads()
    {
        var memory = new RequestMemory(1 << 24);
        Parallel.For(0, 8, worker =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 2000; i++)
            {
                using RentedMemory rented = memory.Rent(random.Next(1, 60_000));
                rented.Span.Fill((byte)worker);
                Assert.That(rented.Span.ContainsAnyExcept((byte)worker), Is.False);
            }
        });
        Assert.That((memory.Rented, memory.RentedBytes), Is.EqualTo((0, 0L)));
    }
}
