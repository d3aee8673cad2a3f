using System.Diagnostics;
using System.Text.Json;
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
    public void A_build_that_is_ended_by_force_leaves_no_temporary_folder()
    {
        NeedsTheHostSdk();
        using TemporaryFolder folder = Workbench.NewFolder();
        string temporary = Directory.CreateDirectory(folder["tmp"]).FullName;
        using Process process = Cli.Start([("TMPDIR", temporary)], ["build", "zoo:DPN68", "-o", folder["out.plan"]]);
        while (!process.HasExited && Directory.GetDirectories(temporary, $"pinion-{process.Id}-*").Length == 0)
        {
            Thread.Sleep(1);
        }

        Assert.That(process.HasExited, Is.False, "the host SDK works in a folder of its own");
        Signal(process);
        Signal(process);
        Assert.That(Cli.Finish(process).ExitCode, Is.EqualTo(Interrupted));
        Assert.That(Directory.GetDirectories(temporary, "pinion-*"), Is.Empty);
    }

    [Test]
    public void Interrupted_measurements_export_nothing()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        string plan = Workbench.StaticPlan;
        using Process process = Cli.Start([], ["bench", plan, "--warm-up", "600000", "--json", "--export-times", folder["t.json"]]);
        WaitUntilMeasuring(process);

        Signal(process);
        CliResult result = Cli.Finish(process);
        Assert.That(result.ExitCode, Is.EqualTo(Interrupted), result.Errors);
        Assert.That(result.Json().GetProperty("error").GetProperty("exitCode").GetInt32(), Is.EqualTo(Interrupted));
        Assert.That(folder.Files(), Is.Empty);
    }

    [Test]
    public void Interrupted_measurements_give_what_there_is_and_say_that_it_is_partial()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        string[] args = ["bench", Workbench.AddOnePlan, "--batch", "1,8", "--warm-up", "0", "--duration", "600", "--export-times", folder["t.json"]];
        CliResult json = InterruptWhileMeasuring([.. args, "--json"]);
        JsonElement document = json.Json();
        JsonElement result = document.GetProperty("results").EnumerateArray().Single();
        Assert.That((document.GetProperty("partial").GetBoolean(), result.GetProperty("partial").GetBoolean()), Is.EqualTo((true, true)));
        Assert.That(result.GetProperty("samples").GetInt32(), Is.GreaterThan(0));
        Assert.That(json.Errors, Does.Match(@"partial results, 1 of 2 measurements, the last of them cut short after [\d,]+ runs?; \S+t\.json is not written\."));
        Assert.That(folder.Files(), Is.Empty);

        CliResult text = InterruptWhileMeasuring(args);
        Assert.That(text.Output, Does.Match(@"(?m)^1 \(partial\)\s+\d+"));
        Assert.That(text.Errors, Does.Contain("stopped by Ctrl-C: these are partial results"));
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

    private static CliResult InterruptWhileMeasuring(string[] args)
    {
        using Process process = Cli.Start([], args);
        WaitUntilMeasuring(process);
        Thread.Sleep(1000);
        Signal(process);
        CliResult result = Cli.Finish(process);
        Assert.That(result.ExitCode, Is.EqualTo(Interrupted), result.Errors);
        return result;
    }

    private static void WaitUntilMeasuring(Process process)
    {
        for (string? line = ""; line is not null && !line.StartsWith("measuring", StringComparison.Ordinal);)
        {
            line = process.StandardError.ReadLine();
        }
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
