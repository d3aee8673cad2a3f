using System.CommandLine;
using System.Globalization;
using Pinion.Triton;

namespace Pinion.Cli;

/// <summary><c>pinion export triton</c>: a plan becomes a version of a model in Triton's repository.</summary>
internal static class ExportTritonCommand
{
    public static Command Create()
    {
        var plan = new Argument<string>("PLAN") { Description = "A plan, with Pinion's header or without." };
        var output = new Option<string>("--output", "-o") { Description = "The model repository, a folder; made if missing.", HelpName = "REPO", Required = true };
        var name = new Option<string>("--name") { Description = "The model's name (default: the plan's file name without its extension).", HelpName = "NAME" };
        var version = new Option<long>("--version") { Description = "The version's number, from 1.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var instances = new Option<int>("--instances") { Description = "Instances on each GPU, 1 to 64.", HelpName = "N", DefaultValueFactory = _ => 2 };
        var gpus = new Option<string>("--gpus") { Description = "The GPUs to use, 0,1 (default: all that the server has).", HelpName = "N[,N...]" };
        var maxDelay = new Option<double>("--max-delay") { Description = "Milliseconds that a request may wait for others.", HelpName = "MS", DefaultValueFactory = _ => 0 };
        var maxQueue = new Option<int>("--max-queue") { Description = "Requests that may wait before others are refused (default: no limit in Triton).", HelpName = "N" };
        var latencies = new Option<string>("--latencies") { Description = "Measured latencies: what pinion bench --json printed, or a suite's folder (default: measured now).", HelpName = "FILE" };
        var noMeasure = new Option<bool>("--no-measure") { Description = "Do not measure; Triton then chooses the preferred batch sizes itself." };
        var batch = new Option<string>("--batch") { Description = "Batch sizes to measure and to capture graphs for (default: powers of two and the plan's largest).", HelpName = "N[,N...]" };
        var duration = new Option<double>("--duration") { Description = "Seconds to measure each batch size, at least.", HelpName = "S", DefaultValueFactory = _ => 1 };
        var shapes = new Option<string[]>("--shapes")
        {
            Description = "Input shapes to measure and to capture graphs for, x:1x3x48x320; the batch counts for nothing. Repeat for several; the first is measured (default: the profile's opt shapes).",
            HelpName = "SHAPES",
        };
        var profile = new Option<int>("--profile-index") { Description = "Optimization profile of the plan.", HelpName = "N", DefaultValueFactory = _ => 0 };
        var noGraphs = new Option<bool>("--no-graphs") { Description = "Do not ask for CUDA graphs." };
        var allowHost = new Option<bool>("--allow-host-plan") { Description = "Write a plan of the host SDK too, which Triton cannot load; pinion serve can." };
        var force = new Option<bool>("--force") { Description = "Replace the version and the configuration if they exist." };
        var keep = new Option<bool>("--keep-config") { Description = "Leave a config.pbtxt that exists as it is." };
        var device = new Option<int>("--device") { Description = "Device to measure on.", HelpName = "N", DefaultValueFactory = _ => 0 };
        var command = new Command("triton", "Write a plan into a model repository that Triton loads, and pinion serve too.") { plan };
        foreach (Option option in (ReadOnlySpan<Option>)
            [output, name, version, instances, gpus, maxDelay, maxQueue, latencies, noMeasure, batch, duration, shapes, profile, noGraphs, allowHost, force, keep, device])
        {
            command.Add(option);
        }

        command.Complete(
            [
                "pinion export triton rec.plan -o models",
                "pinion export triton rec.plan -o models --name rec --version 2 --max-delay 0.5 --force",
                "pinion bench rec.plan --batch 1,4,8 --json > rec.json && pinion export triton rec.plan -o models --latencies rec.json",
                "pinion export triton rec.plan -o models --shapes x:1x3x48x320 --shapes x:1x3x48x640",
            ],
            (result, context) =>
            {
                if (result.GetValue(force) && result.GetValue(keep))
                {
                    throw new UsageException("--force replaces config.pbtxt and --keep-config leaves it; choose one.");
                }

                return TritonExportRun.Run(context, new TritonExportSettings
                {
                    Plan = result.GetRequiredValue(plan),
                    Repository = result.GetRequiredValue(output),
                    Export = new TritonExportOptions
                    {
                        Name = result.GetValue(name) ?? Path.GetFileNameWithoutExtension(result.GetRequiredValue(plan)),
                        Version = result.GetValue(version),
                        Instances = result.GetValue(instances),
                        Gpus = result.GetValue(gpus) is { } text ? ParseGpus(text) : [],
                        MaxDelay = TimeSpan.FromMilliseconds(InRange(result.GetValue(maxDelay), 0, 3_600_000, "--max-delay")),
                        MaxQueue = result.GetValue(maxQueue),
                        Profile = result.GetValue(profile),
                        Graphs = !result.GetValue(noGraphs),
                        Batches = result.GetValue(batch) is { } list ? RunOptionSet.ParseBatches(list) : null,
                        AllowHostPlan = result.GetValue(allowHost),
                        Existing = result.GetValue(force) ? ExistingFiles.Replace : result.GetValue(keep) ? ExistingFiles.KeepConfig : ExistingFiles.Refuse,
                        Device = (int)InRange(result.GetValue(device), 0, 1023, "--device"),
                        Writer = "pinion export triton",
                    },
                    Latencies = result.GetValue(latencies),
                    Measure = !result.GetValue(noMeasure),
                    DurationSeconds = InRange(result.GetValue(duration), 0, 86_400, "--duration"),
                    Shapes = [.. (result.GetValue(shapes) ?? []).Select(s => ShapeText.ParseList(s, "--shapes"))],
                });
            });
        return command;
    }

    private static int[] ParseGpus(string text) =>
        [.. text.Split(',').Select(part => int.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int gpu) && gpu < 1024
            ? gpu
            : throw new UsageException($"--gpus '{part}' is no device; write whole numbers from 0, such as 0,1."))];

    private static double InRange(double value, double min, double max, string option) =>
        value >= min && value <= max
            ? value
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{option} {value} is out of range; {min} to {max} is possible."));
}

/// <summary>What <c>pinion export triton</c> is asked for.</summary>
internal sealed record TritonExportSettings
{
    public required string Plan { get; init; }

    public required string Repository { get; init; }

    public required TritonExportOptions Export { get; init; }

    public string? Latencies { get; init; }

    public bool Measure { get; init; } = true;

    public double DurationSeconds { get; init; } = 1;

    /// <summary>Empty for the profile's opt shapes.</summary>
    public IReadOnlyList<IReadOnlyList<(string? Name, TensorShape Shape)>> Shapes { get; init; } = [];
}
