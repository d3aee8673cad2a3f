using System.CommandLine;

namespace Pinion.Cli;

/// <summary>The hidden command that does one part of a check: what dies in it is one part.</summary>
internal static class GpuCheckPartCommand
{
    public const string Name = "gpu-check-part";

    public static Command Create()
    {
        var part = new Argument<string>("PART");
        var folder = new Option<string>("--folder") { Required = true };
        var seconds = new Option<double>("--seconds");
        var quick = new Option<bool>("--quick");
        var model = new Option<string>("--model");
        var command = new Command(Name, "Does one part of a check; pinion gpu-check runs this.") { part, folder, seconds, quick, model };
        command.Hidden = true;
        command.SetAction(result => CommandSetup.Guarded(json: true, verbose: false, context =>
        {
            var settings = new GpuCheckSettings(result.GetRequiredValue(folder), null, null, TimeSpan.FromSeconds(result.GetValue(seconds)), result.GetValue(quick));
            JsonOutput.Print(Do(result.GetRequiredValue(part), settings, result.GetValue(model), context), JsonForms.Default.GpuCheckAnswer);
            return ExitCode.Done;
        }));
        return command;
    }

    /// <summary>The arguments with which this program does a part.</summary>
    public static string[] Arguments(string part, GpuCheckSettings settings, TimeSpan limit, string? model) =>
    [
        Name, part, "--folder", settings.Folder, "--seconds", FormattableString.Invariant($"{limit.TotalSeconds:F3}"),
        .. settings.Quick ? ["--quick"] : Array.Empty<string>(), .. model is null ? Array.Empty<string>() : ["--model", model],
    ];

    private static GpuCheckAnswer Do(string part, GpuCheckSettings settings, string? model, CommandContext context) => part switch
    {
        GpuCheckParts.Environment => EnvironmentPart.Run(),
        GpuCheckParts.Correctness => CorrectnessPart.Run(settings, model!, context),
        GpuCheckParts.Copies => CopiesPart.Run(settings),
        GpuCheckParts.Overlap => OverlapPart.Run(settings, context.Token),
        GpuCheckParts.Latency => LatencyPart.Run(settings, context.Token),
        GpuCheckParts.Memory => MemoryPart.Run(settings),
        GpuCheckParts.Soak => SoakPart.Run(settings, context.Token),
        _ => throw new UsageException($"'{part}' is no part."),
    };
}
