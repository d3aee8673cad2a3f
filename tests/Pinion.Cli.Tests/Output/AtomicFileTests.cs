using Pinion.Tests.Support;

namespace Pinion.Cli.Tests.Output;

public sealed class AtomicFileTests
{
    [Test]
    public void AppearsWholeOnCommit()
    {
        using var folder = new TemporaryFolder();
        using (AtomicFile file = AtomicFile.Create(folder["a"]))
        {
            file.Stream.Write([1, 2, 3]);
            Assert.That(File.Exists(folder["a"]), Is.False);
            file.Commit();
        }
        Assert.That(File.ReadAllBytes(folder["a"]), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(folder.Files(), Is.EqualTo(["a"]));
    }

    [Test]
    public void LeavesNothingWithoutCommit()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a"], "old");
        using (AtomicFile file = AtomicFile.Create(folder["a"]))
        {
            file.Stream.Write([1]);
        }
        Assert.That(File.ReadAllText(folder["a"]), Is.EqualTo("old"));
        Assert.That(folder.Files(), Is.EqualTo(["a"]));
    }

    [Test]
    public void WritesThroughLinks()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["target"], "old");
        File.CreateSymbolicLink(folder["link"], folder["target"]);
        AtomicFile.Write(folder["link"], [7]);
        Assert.That(File.ReadAllBytes(folder["target"]), Is.EqualTo(new byte[] { 7 }));
        Assert.That(new FileInfo(folder["link"]).LinkTarget, Is.Not.Null);
    }

    [Test]
    public void RefusalsNameThePath()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => AtomicFile.Create(folder["none/a"]), Throws.TypeOf<WorkException>().With.Message.Contains(folder["none/a"]));
        Assert.That(() => AtomicFile.Create(folder.Path), Throws.TypeOf<WorkException>().With.Message.Contains("is a folder"));
    }

    [Test]
    public void AFullDeviceIsAnErrorAndStaysADevice()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Ignore("there is no /dev/full here");
        }
        Assert.That(() => AtomicFile.Write("/dev/full", [1]), Throws.TypeOf<WorkException>().With.Message.Contains("/dev/full cannot be written"));
        Assert.That(() => AtomicFile.Write("/dev/full", [1]), Throws.TypeOf<WorkException>());
        Assert.That(() => AtomicFile.Write("/dev/null", [1]), Throws.Nothing);
    }
}
