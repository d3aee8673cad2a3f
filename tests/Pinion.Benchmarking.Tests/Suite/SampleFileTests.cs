using Pinion.TestSupport;

namespace Pinion.Benchmarking.Tests;

public sealed class SampleFileTests
{
    [Test]
    public void Every_sample_comes_back()
    {
        using var folder = new TemporaryFolder();
        var store = new SampleStore();
        for (int i = 0; i < 20_000; i++)
        {
            store.EnsureRoom(1);
            store.Add(new LatencySample(i + 0.25f, i + 0.5f, i + 0.75f, i, i * 1.1, i * 1e6 / 3, i + 0.125f, i + 2f));
        }

        SampleFile.Write(folder["s.bin"], store);
        IReadOnlyDictionary<string, double[]> columns = SampleFile.Read(folder["s.bin"]);
        Assert.That(columns.Keys, Is.EquivalentTo(["h2dMs", "computeMs", "d2hMs", "enqueueMs", "callMs", "nativeMs", "wallMs", "startMs"]));
        Assert.That(columns["h2dMs"], Is.EqualTo(store.Select(s => s.H2dMs)));
        Assert.That(columns["computeMs"], Is.EqualTo(store.Select(s => s.ComputeMs)));
        Assert.That(columns["callMs"], Is.EqualTo(store.Select(s => s.CallMs)));
        Assert.That(columns["wallMs"], Is.EqualTo(store.Select(s => s.WallMs)), "64 bits");
        Assert.That(columns["startMs"], Is.EqualTo(store.Select(s => s.StartMs)));
    }

    [Test]
    public void Damage_is_seen()
    {
        using var folder = new TemporaryFolder();
        var store = new SampleStore();
        store.Add(new LatencySample(1, 2, 3, 4, 5, 6));
        SampleFile.Write(folder["s.bin"], store);
        byte[] whole = File.ReadAllBytes(folder["s.bin"]);
        for (int length = 0; length < whole.Length; length++)
        {
            Refuses(whole[..length]);
        }

        Refuses([.. whole, 0]);
        foreach (int at in (int[])[0, 8, 12, 16, 23])
        {
            byte[] changed = [.. whole];
            changed[at] ^= 0x55;
            Refuses(changed);
        }

        Assert.That(() => SampleFile.Read(folder["none.bin"]), Throws.TypeOf<SuiteResultsException>());

        void Refuses(byte[] bytes)
        {
            File.WriteAllBytes(folder["bad.bin"], bytes);
            Assert.That(() => SampleFile.Read(folder["bad.bin"]), Throws.TypeOf<SuiteResultsException>().With.Message.Contains("no whole file of samples"));
        }
    }
}
