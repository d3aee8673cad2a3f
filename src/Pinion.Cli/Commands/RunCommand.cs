using System.CommandLine;
using System.Globalization;

namespace Pinion.Cli;

/// <summary><c>pinion run</c>: one inference, tensors in and out as .npy files.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("PLAN|MODEL") { Description = "A plan, or an ONNX model (.onnx or zoo:NAME), which is built in memory first." };
        var outputDir = new Option<string>("--output-dir", "-o")
        {
            Description = "Folder for one .npy per output and per drawn input; made if missing (default: nothing is written).",
            HelpName = "DIR",
        };
        var shapes = new RunOptionSet("Batch size: the first dimension of every input where it is dynamic.");
        var build = new BuildOptionSet();
        var command = new Command("run", "Run a plan or a model once.") { path };
        shapes.AddTo(command);
        command.Add(outputDir);
        build.AddTo(command, all: false);
        command.Complete(
            [
                "pinion run model.plan --input x=image.npy --output-dir out",
                "pinion run model.onnx --shapes x:1x3x48x320 --seed 7 --output-dir out",
                "pinion run model.plan --json",
            ],
            (result, context) =>
            {
                ShapeRequest request = shapes.Shapes(result);
                if (request.Batches.Count > 1)
                {
                    throw new UsageException($"--batch {string.Join(',', request.Batches)}: run takes one batch size; bench takes several.");
                }

                EngineBuildOptions options = build.Read(result);
                InputValues values = shapes.Values(result);
                context.Terminal.ShowLog();
                using var source = EngineSource.Open(
                    context, result.GetRequiredValue(path), request, values, options, build.LoadOptions(result), build.GivenForBuilding(result));
                return Run(context, source, values, result.GetValue(outputDir), build.Device(result));
            });
        return command;
    }

    private static int Run(CommandContext context, EngineSource source, InputValues values, string? folder, int device)
    {
        Engine engine = source.Engine;
        EngineShapes shapes = source.Variants[0];
        using Session session = engine.CreateSession(new SessionOptions { Profile = shapes.Profile });
        ShapeVariant variant = session.Prepare([.. shapes.Inputs]);
        session.Use(variant);
        using var files = new TensorFiles(folder);
        var inputs = new List<RunInput>();
        foreach ((TensorInfo input, (string name, TensorShape shape)) in engine.Inputs.Zip(shapes.Inputs))
        {
            Span<byte> data = session.Input<byte>(name);
            (string from, string? file) = values.Fill(input, shape, data);
            file ??= files.Write(input, shape, data);
            inputs.Add(new RunInput(name, input.DataType.GetName(), shape, from, file));
        }

        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        session.Run();
        double wallMs = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Timings times = session.Timings;
        var outputs = new List<RunOutput>();
        foreach (TensorInfo output in engine.Outputs)
        {
            context.Token.ThrowIfCancellationRequested();
            TensorShape shape = variant.GetShape(output.Name);
            ReadOnlySpan<byte> data = session.Output<byte>(output.Name);
            var stats = ValueStatistics.Of(output.DataType, data);
            outputs.Add(new RunOutput(
                output.Name, output.DataType.GetName(), shape, files.Write(output, shape, data), stats.Elements, stats.Min, stats.Max, stats.Mean,
                stats.NonFinite));
        }

        double latency = (double)times.HostToDeviceMs + times.GpuComputeMs + times.DeviceToHostMs;
        var facts = RuntimeFacts.Get(device, source.Precision);
        var document = new RunDocument(
            source.Path, facts.Sdk, facts.TensorRt, facts.Device, source.Precision is { } p ? p.GetName() : null, values.Seed, inputs, outputs,
            new RunTimings(latency, times.HostToDeviceMs, times.GpuComputeMs, times.DeviceToHostMs, times.EnqueueMs, wallMs), facts.Notes);
        if (context.Terminal.Json)
        {
            JsonOutput.Print(document, JsonForms.Default.RunDocument);
        }
        else
        {
            Show(context.Terminal, document, facts.Line);
        }

        return ExitCode.Done;
    }

    private static void Show(Terminal terminal, RunDocument d, string line)
    {
        terminal.Say(line);
        foreach (string note in d.Notes)
        {
            terminal.Say(note);
        }

        var table = new FactTable(keys: 2, "", "name", "type", "shape", "min", "max", "mean", "from/to");
        foreach (RunInput i in d.Inputs)
        {
            string from = i.Source == "random" ? $"seed {d.Seed}{(i.File is null ? "" : $" -> {i.File}")}" : i.File ?? "";
            table.Row("input", i.Name, i.Dtype, i.Shape.ToString(), "", "", "", from);
        }

        foreach (RunOutput o in d.Outputs)
        {
            table.Row("output", o.Name, o.Dtype, o.Shape.ToString(), Number(o.Min), Number(o.Max), Number(o.Mean), o.File ?? "");
        }

        terminal.Show(table);
        foreach (RunOutput o in d.Outputs.Where(o => o.NonFinite > 0))
        {
            terminal.Say($"output {o.Name} has {o.NonFinite} of {o.Elements} values that are not finite (NaN or infinity)");
        }

        RunTimings t = d.Timings;
        terminal.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"latency {t.LatencyMs:F3} ms (H2D {t.H2dMs:F3}, compute {t.GpuComputeMs:F3}, D2H {t.D2hMs:F3}), enqueue {t.EnqueueMs:F3} ms, wall {t.WallMs:F3} ms; one run, pinion bench measures"));
    }

    private static string Number(double? value) => value?.ToString("G6", CultureInfo.InvariantCulture) ?? "";

    /// <summary>Writes tensors into the output folder, if there is one, under names that no two share.</summary>
    private sealed class TensorFiles(string? folder) : IDisposable
    {
        private readonly HashSet<string> _taken = [];
        private NewFolder? _made;

        public void Dispose() => _made?.Dispose();

        public string? Write(TensorInfo tensor, TensorShape shape, ReadOnlySpan<byte> data)
        {
            if (folder is null)
            {
                return null;
            }

            try
            {
                _made ??= new NewFolder(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new WorkException($"folder {folder} cannot be made: {e.Message}", e);
            }

            string path = Path.Combine(folder, FileName.For(tensor.Name, ".npy", _taken));
            NpyTensors.Write(path, tensor.DataType, shape, data);
            return path;
        }
    }
}
