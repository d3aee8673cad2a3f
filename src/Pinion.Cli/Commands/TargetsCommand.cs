using System.CommandLine;

namespace Pinion.Cli;

/// <summary><c>pinion targets</c>: the GPUs that <c>build --target</c> builds for, none of which need be here.</summary>
internal static class TargetsCommand
{
    /// <summary>What NVIDIA takes where no target is named.</summary>
    public const string Unnamed = "SM 8.0, 8.6, 8.9, 12.0 and newer";

    public static Command Create()
    {
        var command = new Command("targets", "List the GPUs that build --target builds for, without any of them here.");
        command.Complete(["pinion targets", "pinion targets --json", "pinion build model.onnx --target t4 -o model.plan"], (_, context) => Run(context.Terminal));
        return command;
    }

    private static int Run(Terminal terminal)
    {
        (string? version, string? problem) = Rtx();
        var document = new TargetsDocument(
            [.. GpuTarget.All.Select(t => new TargetFacts(t.Name, t.ComputeCapability.ToString(), t.Architecture, t.Gpus, ["fp32", "fp16"]))], version, problem);
        if (terminal.Json)
        {
            JsonOutput.Print(document, JsonForms.Default.TargetsDocument);
            return ExitCode.Done;
        }

        var table = new FactTable(keys: 1, "target", "SM", "architecture", "precision", "GPUs");
        foreach (TargetFacts t in document.Targets)
        {
            table.Row(t.Target, t.ComputeCapability, t.Architecture, string.Join(", ", t.Precisions), string.Join(", ", t.Gpus));
        }

        terminal.Show(table);
        terminal.Say($"Without --target NVIDIA takes {Unnamed}. Not to be had: V100 (SM 7.0), H100 and H200 (9.0), B200 (10.0): TensorRT builds for those on the GPU itself.");
        terminal.Say(problem is null ? $"TensorRT for RTX {version} builds for these here." : $"Nothing is built for them here: {problem}");
        return ExitCode.Done;
    }

    private static (string? Version, string? Problem) Rtx()
    {
        try
        {
            PinionRuntime.Use(Sdk.Rtx);
            RuntimeInfo info = PinionRuntime.Info;
            return info.Sdk == Sdk.Rtx ? (info.TensorRtLoaded?.ToString(), PinionRuntime.CannotBuild) : (null, $"PINION_SDK is {info.Sdk.GetName()}; unset it.");
        }
        catch (PinionLoadException e)
        {
            return (null, e.Message);
        }
    }
}
