using System.CommandLine;

namespace Pinion.Cli;

/// <summary><c>pinion zoo</c>: the networks that Pinion writes as ONNX itself.</summary>
internal static class ZooCommand
{
    public static Command Create() => new("zoo", "List, describe and export the networks that come as zoo:NAME.")
    {
        ZooListCommand.Create(),
        ZooShowCommand.Create(),
        ZooExportCommand.Create(),
    };
}
