using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class OutputFileTests
{
    [Test]
    public void Appears_whole_on_commit()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        using (var file = OutputFile.Create(folder["a"]))
        {
            file.Stream.Write([1, 2, 3]);
            Assert.That(File.Exists(folder["a"]), Is.False);
            file.Commit();
        }

        Assert.That(File.ReadAllBytes(folder["a"]), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(folder.Files(), Is.EqualTo(["a"]));
    }

    [Test]
    public void Leaves_nothing_without_commit()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllText(folder["a"], "old");
        using (var file = OutputFile.Create(folder["a"]))
        {
            file.Stream.Write([1]);
        }

        Assert.That(File.ReadAllText(folder["a"]), Is.EqualTo("old"));
        Assert.That(folder.Files(), Is.EqualTo(["a"]));
    }

    [Test]
    public void Writes_through_links()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllText(folder["target"], "old");
        File.CreateSymbolicLink(folder["link"], folder["target"]);
        OutputFile.Write(folder["link"], [7]);
        Assert.That(File.ReadAllBytes(folder["target"]), Is.EqualTo(new byte[] { 7 }));
        Assert.That(new FileInfo(folder["link"]).LinkTarget, Is.Not.Null);
    }

    [Test]
    public void Refusals_name_the_path()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Assert.That(() => OutputFile.Create(folder["none/a"]), Throws.InstanceOf<IOException>().With.Message.Contains(folder["none/a"]));
        Assert.That(() => OutputFile.Create(folder.Path), Throws.InstanceOf<IOException>().With.Message.Contains("is a folder"));
    }

    [Test]
    public void A_full_device_is_an_error_and_stays_a_device()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Ignore("there is no /dev/full here");
        }

        Assert.That(() => OutputFile.Write("/dev/full", [1]), Throws.InstanceOf<IOException>().With.Message.Contains("/dev/full cannot be written"));
        Assert.That(() => OutputFile.Write("/dev/full", [1]), Throws.InstanceOf<IOException>());
        Assert.That(() => OutputFile.Write("/dev/null", [1]), Throws.Nothing);
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Standard_output_is_recognized_by_its_names()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.CreateSymbolicLink(folder["link"], "/dev/stdout");
        File.CreateSymbolicLink(folder["circle"], folder["circle"]);
        Assert.That(new[] { "/dev/stdout", "/dev/fd/1", "/dev/../dev/stdout", folder["link"] }.Where(p => !StandardOutput.Is(p)), Is.Empty);
        Assert.That(new[] { "/dev/stderr", "/dev/null", "stdout", folder["x"], folder["circle"], "" }.Where(StandardOutput.Is), Is.Empty);
    }

    [Test]
    public void What_is_left_at_the_end_of_the_process_is_deleted()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        using var file = OutputFile.Create(folder["a"]);
        Assert.That(folder.Files(), Has.Length.EqualTo(1).And.Not.Contains("a"));
        OutputFile.DeleteAll();
        Assert.That(folder.Files(), Is.Empty);
    }
}
