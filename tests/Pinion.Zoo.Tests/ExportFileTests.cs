using System.Diagnostics;
using NUnit.Framework;

namespace Pinion.Zoo.Tests;

/// <summary>Files appear whole or not at all, and cost little memory.</summary>
[TestFixture]
public sealed class ExportFileTests
{
    [Test]
    public void An_export_replaces_an_older_file_and_leaves_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        File.WriteAllText(path, "older");
        ExportResult result = ZooExporter.Export("dpn68", path);
        Assert.That(result.Model, Is.EqualTo("DPN68"));
        Assert.That(new FileInfo(path).Length, Is.EqualTo(result.Bytes));
        Assert.That(folder.Names, Is.EqualTo(new[] { "model.onnx" }));
    }

    [Test]
    public void A_failure_on_the_way_leaves_the_older_file_alone()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        File.WriteAllText(path, "older");
        Assert.That(
            () => AtomicFile.Write(path, 100, stream =>
            {
                stream.Write(new byte[50]);
                throw new IOException("No space left on device");
            }),
            Throws.TypeOf<IOException>().With.Message.EqualTo("No space left on device"), "what the caller throws is the caller's");
        Assert.That(File.ReadAllText(path), Is.EqualTo("older"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "model.onnx" }));
    }

    [Test]
    public void Cancelling_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        var progress = new Listener(p =>
        {
            if (p.BytesWritten > p.TotalBytes / 2)
            {
                cancellation.Cancel();
            }
        });
        Assert.That(
            () => ZooExporter.Export("DPN68", folder.File("model.onnx"), progress: progress, cancellation: cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(folder.Names, Is.Empty);
    }

    [Test]
    public void Progress_rises_to_the_whole_file()
    {
        var reports = new List<ExportProgress>();
        ExportResult result = ZooExporter.Export("DPN68", Stream.Null, progress: new Listener(reports.Add));
        Assert.That(reports.Select(r => r.BytesWritten), Is.Ordered);
        Assert.That(reports[^1], Is.EqualTo(new ExportProgress("DPN68", result.Bytes, result.Bytes)));
        Assert.That(reports, Has.Count.GreaterThan(100));
    }

    [Test]
    public void A_missing_folder_is_named()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "none", "model.onnx");
        Assert.That(() => ZooExporter.Export("DPN68", path), Throws.InstanceOf<IOException>().With.Message.Contains(path));
        Assert.That(folder.Names, Is.Empty);
    }

    [Test]
    public void A_folder_in_the_place_of_the_file_stays()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("model.onnx"));
        Assert.That(() => ZooExporter.Export("DPN68", folder.File("model.onnx")), Throws.InstanceOf<IOException>().With.Message.Contains("it is a folder"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "model.onnx" }));
    }

    [Test]
    public void An_unwritable_folder_is_named()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has other permissions");
            return;
        }

        if (Environment.UserName == "root")
        {
            // Permissions do not hold root back, but there nobody makes files.
            Assert.That(() => ZooExporter.Export("DPN68", "/proc/model.onnx"), Throws.InstanceOf<IOException>().With.Message.Contains("model.onnx"));
            return;
        }

        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.That(() => ZooExporter.Export("DPN68", folder.File("model.onnx")), Throws.InstanceOf<IOException>().With.Message.Contains("model.onnx"));
        }
        finally
        {
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Test]
    public void A_link_is_written_through()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("links take a privilege on Windows");
        }

        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("disk"));
        File.CreateSymbolicLink(folder.File("model.onnx"), Path.Combine(folder.Path, "disk", "target.onnx"));
        ExportResult result = ZooExporter.Export("DPN68", folder.File("model.onnx"));
        Assert.That(new FileInfo(Path.Combine(folder.Path, "disk", "target.onnx")).Length, Is.EqualTo(result.Bytes));
        Assert.That(new FileInfo(folder.File("model.onnx")).LinkTarget, Is.Not.Null);
    }

    [Test]
    public void A_device_is_written_to_and_not_replaced()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("/dev/full is Linux's");
        }

        ZooExporter.Export("DPN68", "/dev/null");
        Assert.That(() => ZooExporter.Export("DPN68", "/dev/full"), Throws.InstanceOf<IOException>());
        Assert.That(new FileInfo("/dev/full").Length, Is.Zero);
    }

    /// <summary>Asked without writing: a failure would cost the machine a device.</summary>
    [Test]
    public void A_link_to_a_device_is_a_device()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("/dev/full is Linux's");
        }

        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.File("device"), "/dev/full");
        File.CreateSymbolicLink(folder.File("twice"), "device");
        File.CreateSymbolicLink(folder.File("folder"), "/dev");
        File.CreateSymbolicLink(folder.File("file"), "target");
        File.CreateSymbolicLink(folder.File("circle"), "circle");
        foreach (string name in new[] { "device", "twice", "folder/full" })
        {
            Assert.That(FinalTarget.Of(folder.File(name)), Is.EqualTo("/dev/full"));
        }

        Assert.That(FinalTarget.Of(folder.File("file")), Is.EqualTo(folder.File("target")));
        Assert.That(new[] { "/dev/full", "/dev/stdout", "/proc/self/fd/1" }.Where(p => !FinalTarget.IsDevice(p)), Is.Empty);
        Assert.That(new[] { "/dev/shm/x", "/device", "/tmp/dev/x" }.Where(FinalTarget.IsDevice), Is.Empty);
        Assert.That(() => ZooExporter.Export("DPN68", folder.File("device")), Throws.InstanceOf<IOException>().With.Message.Contains("No space left"));
        Assert.That(() => ZooExporter.Export("DPN68", folder.File("circle")), Throws.InstanceOf<IOException>().With.Message.Contains("in a circle"));
    }

    [TestCase("w.pdparams")]
    [TestCase("link")]
    public void The_weights_file_is_not_overwritten(string output)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("links take a privilege on Windows");
        }

        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("w.pdparams"), "trained");
        File.CreateSymbolicLink(folder.File("link"), "w.pdparams");
        Assert.That(
            () => ZooExporter.Export("DPN68", folder.File(output), new ExportOptions { WeightsFile = folder.File("w.pdparams") }),
            Throws.TypeOf<ArgumentException>().With.Message.Contains("is the weights file"));
        Assert.That(File.ReadAllText(folder.File("w.pdparams")), Is.EqualTo("trained"));
    }

    [Test]
    public void A_full_disk_is_an_error_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        string disk = folder.File("disk");
        Directory.CreateDirectory(disk);
        if (!OperatingSystem.IsLinux() || !Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk))
        {
            Assert.Ignore("no small disk can be mounted here");
        }

        try
        {
            Assert.That(
                () => ZooExporter.Export("DPN68", Path.Combine(disk, "model.onnx")),
                Throws.InstanceOf<IOException>().With.Message.Contains("model.onnx"));
            Assert.That(Directory.EnumerateFileSystemEntries(disk), Is.Empty);
        }
        finally
        {
            Run("umount", disk);
        }
    }

    /// <summary>The largest file by tensors, 305 MB, through a few megabytes.</summary>
    [TestCase("Res2Net200_vd_26w_4s")]
    [TestCase("alt_gvt_large")]
    public void Memory_does_not_grow_with_the_model(string name)
    {
        ZooExporter.Export("DPN68", Stream.Null);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        ExportResult result = ZooExporter.Export(name, Stream.Null);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        TestContext.Out.WriteLine($"{name}: {allocated >> 20} MiB allocated in all for {result.Bytes >> 20} MiB written");
        // All that is ever allocated, not only what is alive at once.
        Assert.That(allocated, Is.LessThan(result.Bytes / 10));
    }

    [Test]
    public void Unknown_names_are_refused_with_the_nearest()
    {
        using var folder = new TemporaryFolder();
        UnknownModelException error = Assert.Throws<UnknownModelException>(() => ZooExporter.Export("Resnet50_26w_4s", folder.File("m.onnx")))!;
        Assert.That(error.Nearest, Is.EqualTo("Res2Net50_26w_4s"));
        Assert.That(error.Message, Does.Contain("'Resnet50_26w_4s'").And.Contains("'Res2Net50_26w_4s'"));
        Assert.That(folder.Names, Is.Empty);
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private sealed class Listener(Action<ExportProgress> report) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value) => report(value);
    }
}
