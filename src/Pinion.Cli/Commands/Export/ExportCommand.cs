using System.CommandLine;

namespace Pinion.Cli;

/// <summary><c>pinion export</c>: what other servers need of a plan.</summary>
internal static class ExportCommand
{
    public static Command Create() => new("export", "Write a plan as other servers take it: Triton's model repository, KServe's and Kubernetes' manifests.")
    {
        ExportTritonCommand.Create(),
        ExportKserveCommand.Create(),
    };
}
