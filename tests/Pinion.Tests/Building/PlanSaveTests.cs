using Pinion.TestSupport;

namespace Pinion.Tests;

[Category("Builds")]
public sealed class PlanSaveTests
{
    [Test]
    public void A_saved_plan_holds_the_plans_bytes_and_nothing_else_is_left()
    {
        using var folder = new TemporaryFolder();
        using Plan plan = EngineBuilder.Build(TestModels.Identity.ToBytes());

        plan.Save(folder["x.plan"]);
        plan.Save(folder["x.plan"]);

        Assert.That(folder.Files(), Is.EqualTo(new[] { "x.plan" }));
        Check.Equal(plan.Bytes, File.ReadAllBytes(folder["x.plan"]));
        Assert.That(plan.SizeBytes, Is.EqualTo(plan.Bytes.Length));
    }

    [Test]
    public void A_failure_in_the_middle_leaves_the_old_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["x.plan"], "old");

        Assert.Throws<IOException>(() => AtomicFile.Write(folder["x.plan"], 0, stream =>
        {
            stream.Write("half of the new"u8);
            throw new IOException("No space left on device");
        }));

        Assert.That(folder.Files(), Is.EqualTo(new[] { "x.plan" }));
        Assert.That(File.ReadAllText(folder["x.plan"]), Is.EqualTo("old"));
    }

    [Test]
    public void A_device_is_written_not_replaced()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("/dev/full is Linux's");
        }

        using Plan plan = EngineBuilder.Build(TestModels.Identity.ToBytes());
        Assert.Throws<IOException>(() => plan.Save("/dev/full"));
        plan.Save("/dev/null");
        Assert.That(new FileInfo("/dev/null").UnixFileMode, Is.EqualTo(new FileInfo("/dev/zero").UnixFileMode), "still a device");
        Assert.That(File.ReadAllBytes("/dev/null"), Is.Empty);
    }

    [Test]
    public void A_full_disk_leaves_the_old_file()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("stands in for a full disk with the shell's limit on file sizes, which Windows lacks");
        }

        // A limit of 2 blocks of 512 bytes: less than any plan.
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["x.plan"], "old");
        string assembly = typeof(PlanSaveTests).Assembly.Location;

        string output = Child.Start("sh", ["-c", $"trap '' XFSZ; ulimit -f 2; DOTNET_EnableWriteXorExecute=0 exec dotnet '{assembly}' save '{folder["x.plan"]}'"]);

        Assert.That(output, Does.StartWith("IOException"));
        Assert.That(folder.Files(), Is.EqualTo(new[] { "x.plan" }));
        Assert.That(File.ReadAllText(folder["x.plan"]), Is.EqualTo("old"));
    }

    [Test]
    public void An_unwritable_place_is_an_IO_error()
    {
        using var folder = new TemporaryFolder();
        using Plan plan = EngineBuilder.Build(TestModels.Identity.ToBytes());

        Assert.Throws<DirectoryNotFoundException>(() => plan.Save(folder["absent/x.plan"]));
        Directory.CreateDirectory(folder["x.plan"]);
        Assert.That(() => plan.Save(folder["x.plan"]), Throws.InstanceOf<IOException>().Or.InstanceOf<UnauthorizedAccessException>());
        Assert.That(folder.Files(), Is.Empty);
    }

    [Test]
    public void A_disposed_plan_says_so()
    {
        Plan plan = EngineBuilder.Build(TestModels.Identity.ToBytes());
        plan.Dispose();
        plan.Dispose();

        Check.Throws<ObjectDisposedException>(() => _ = plan.SizeBytes, nameof(Plan));
        Check.Throws<ObjectDisposedException>(() => _ = plan.Bytes.Length, nameof(Plan));
        Check.Throws<ObjectDisposedException>(() => plan.Save("x.plan"), nameof(Plan));
        Check.Throws<ObjectDisposedException>(() => Engine.Load(plan), nameof(Plan));
    }
}
