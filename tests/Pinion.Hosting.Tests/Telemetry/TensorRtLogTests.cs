using Microsoft.Extensions.Logging;

namespace Pinion.Hosting.Tests;

public sealed class TensorRtLogTests
{
    [Test]
    public async Task TensorRTs_log_goes_to_the_logger_while_the_host_runs()
    {
        await using TestHost host = await TestHost.StartAsync();
        Provoke();
        LogEntry[] running = [.. host.Log.In("Pinion.TensorRT")];

        await host.Host.StopAsync();
        int before = host.Log.In("Pinion.TensorRT").Count();
        Provoke();

        Assert.That(running.Select(e => e.Level), Has.Some.EqualTo(LogLevel.Error));
        Assert.That(host.Log.In("Pinion.TensorRT").Count(), Is.EqualTo(before), "nothing comes after the stop");
    }

    [Test]
    public async Task The_latest_of_several_hosts_has_the_log_and_gives_it_back()
    {
        await using TestHost first = await TestHost.StartAsync();
        await using TestHost second = await TestHost.StartAsync();
        int Of(TestHost host) => host.Log.In("Pinion.TensorRT").Count(e => e.Level == LogLevel.Error);

        Provoke();
        Assert.That(Of(first), Is.Zero);
        Assert.That(Of(second), Is.Positive);
        await second.Host.StopAsync();
        int before = Of(second);
        Provoke();
        Assert.That(Of(first), Is.Positive);
        Assert.That(Of(second), Is.EqualTo(before));
    }

    [TestCase(LogSeverity.InternalError, LogLevel.Critical)]
    [TestCase(LogSeverity.Error, LogLevel.Error)]
    [TestCase(LogSeverity.Warning, LogLevel.Warning)]
    [TestCase(LogSeverity.Info, LogLevel.Information)]
    [TestCase(LogSeverity.Verbose, LogLevel.Trace)]
    public void Severities_keep_their_meaning(LogSeverity severity, LogLevel level) => Assert.That(TensorRtLog.Level(severity), Is.EqualTo(level));

    /// <summary>Makes TensorRT complain.</summary>
    private static void Provoke()
    {
        // Without Pinion's header it is a plan of another tool, which TensorRT alone can refuse.
        byte[] foreign = [.. Enumerable.Repeat((byte)0xA5, 4096)];
        Assert.That(() => Engine.Load(foreign).Dispose(), Throws.InstanceOf<PinionException>());
    }
}
