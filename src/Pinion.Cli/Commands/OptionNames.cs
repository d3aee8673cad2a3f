namespace Pinion.Cli;

/// <summary>The library's settings as the command line calls them.</summary>
internal static class OptionNames
{
    public static string Of(BenchmarkSetting setting) => setting switch
    {
        BenchmarkSetting.Input => "--input",
        BenchmarkSetting.Shapes => "--shapes",
        BenchmarkSetting.Batches => "--batch",
        BenchmarkSetting.Profile => "--profile-index",
        BenchmarkSetting.ProfileCopies => "--profile-copies",
        BenchmarkSetting.Models => "--models",
        BenchmarkSetting.Precisions => "--precision",
        BenchmarkSetting.Protocol => "--protocol",
        BenchmarkSetting.Quick => "--quick",
        BenchmarkSetting.Compare => "--compare",
        BenchmarkSetting.Seed => "--seed",
        BenchmarkSetting.CellLimit => "--cell-limit",
        BenchmarkSetting.Processes => "--processes",
        BenchmarkSetting.Resume => "--resume",
        BenchmarkSetting.Retry => "--retry",
        BenchmarkSetting.AcrossHardware => "--across-hardware",
        // Not for the command line to choose: the suite always starts this program.
        BenchmarkSetting.Worker => "the worker process",
        _ => throw new ArgumentOutOfRangeException(nameof(setting)),
    };

    /// <summary>A warning of a measurement with the option that helps, if it is not in use already.</summary>
    public static string Warning(LatencyWarning warning, bool graph, bool spin) => warning.Kind switch
    {
        LatencyWarningKind.EnqueueBound when !graph => $"{warning.Message} Leave out --no-graph.",
        LatencyWarningKind.InputBound or LatencyWarningKind.OutputBound => $"{warning.Message} --no-transfers measures without them.",
        LatencyWarningKind.Unstable when !spin => $"{warning.Message} So may --spin.",
        _ => warning.Message,
    };
}
