namespace Pinion.Benchmarking.Tests;

public sealed class SampleStoreTests
{
    [Test]
    public void Keeps_every_sample_in_order_across_chunks()
    {
        var store = new SampleStore();
        int count = (3 * SampleStore.ChunkSamples) + 7;
        for (int i = 0; i < count; i++)
        {
            store.EnsureRoom(1);
            store.Add(new LatencySample(0, i, 0, 0, 0, i));
        }

        Assert.That(store.Count, Is.EqualTo(count));
        Assert.That(store.AsEnumerable().Select(s => s.StartMs), Is.EqualTo(store.Select(s => s.StartMs)));
        Assert.That(store.Select(s => s.StartMs), Is.EqualTo(Enumerable.Range(0, count).Select(i => (double)i)));
    }

    [Test]
    public void Adding_into_room_made_before_does_not_allocate()
    {
        const int Samples = 2 * SampleStore.ChunkSamples;
        var store = new SampleStore();
        store.EnsureRoom(2 * Samples);
        // Once for what the runtime makes when code runs for the first time.
        Add(store, Samples);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Add(store, Samples);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static void Add(SampleStore store, int samples)
    {
        for (int i = 0; i < samples; i++)
        {
            store.Add(default);
        }
    }
}
