using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Pinion.Benchmarks;

/// <summary>
/// In this process: the usual toolchain writes and restores a project of its own, which knows neither this repository's
/// central package versions nor its native libraries, and needs a network.
/// </summary>
internal sealed class MicroConfig : ManualConfig
{
    /// <param name="logger">Where it tells what it does.</param>
    public MicroConfig(ILogger logger)
    {
        AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithMinIterationTime(TimeInterval.FromMilliseconds(100))
            .WithIterationCount(15));
        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumnProvider(DefaultColumnProviders.Instance);
        AddColumn(StatisticColumn.Median, StatisticColumn.P95);
        AddLogger(logger);
        AddExporter(MarkdownExporter.GitHub);
        ArtifactsPath = Path.Combine(Environment.CurrentDirectory, "artifacts", "bench", "micro");
    }
}
