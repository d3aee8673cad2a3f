using System.Diagnostics;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>Ctrl-C, as the terminal sends it.</summary>
[Platform(Exclude = "Win")]
public sealed class InterruptTests
{
    private const int Interrupted = 130;

    [Test]
    public void Interrupted_builds_leave_no_file()
    {
        NeedsTheHostSdk();
        using TemporaryFolder folder = Workbench.NewFolder();
        using Process process = Cli.Start([("PINION_HOST_TENSORRT_FAULTS", "build_delay=60000")], ["build", Workbench.Static, "-o", folder["out.plan"]]);
        // The first line says that the build is under way.
        string? line = process.StandardError.ReadLine();
        Assert.That(line, Does.Contain("building static.onnx"));
        Thread.Sleep(300);
        Signal(process);
        CliResult result = Cli.Finish(process);
        Assert.That(result.ExitCode, Is.EqualTo(Interrupted), result.Errors);
        Assert.That(result.Output, Is.Empty);
        Assert.That(folder.Files(), Is.Empty);
    }

    [Test]
    public void Interrupted_measurements_export_nothing()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        string plan = Workbench.StaticPlan;
        using Process process = Cli.Start([], ["bench", plan, "--duration", "600", "--json", "--export-times", folder["t.json"]]);
        for (string? line = ""; line is not null && !line.StartsWith("measuring", StringComparison.Ordinal);)
        {
            line = process.StandardError.ReadLine();
        }

        Signal(process);
        CliResult result = Cli.Finish(process);
        Assert.That(result.ExitCode, Is.EqualTo(Interrupted), result.Errors);
        Assert.That(result.Json().GetProperty("error").GetProperty("exitCode").GetInt32(), Is.EqualTo(Interrupted));
        Assert.That(folder.Files(), Is.Empty);
    }

    /// <summary>A write that waits for ever hears of nothing: the process is ended, and does not wait for the file.</summary>
    [Test]
    public void An_export_that_nobody_reads_is_ended()
    {
        using Process process = Cli.Start([], ["zoo", "export", "DPN68", "-o", "/dev/stdout"]);
        Assert.That(process.StandardError.ReadLine(), Does.Contain("exporting DPN68"));
        // The model has begun to come: from here on the process is in its writing, and the pipe is soon full.
        Assert.That(process.StandardOutput.BaseStream.ReadByte(), Is.Not.Negative);
        Signal(process);
        Assert.That(process.StandardError.ReadLine(), Does.Contain("the process is ended"));
        CliResult result = Cli.Finish(process);
        Assert.That(result.ExitCode, Is.EqualTo(Interrupted), result.Errors);
    }

    private static void Signal(Process process)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -INT {process.Id}"]);
        kill.WaitForExit();
    }

    private static void NeedsTheHostSdk()
    {
        if (Cli.Run("doctor", "--json").Json().GetProperty("sdk").GetString() != "host")
        {
            Assert.Ignore("a slow builder is scripted in the host SDK");
        }
    }
}
