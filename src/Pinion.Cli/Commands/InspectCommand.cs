using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Pinion.Onnx;

namespace Pinion.Cli;

/// <summary><c>pinion inspect</c>: what a plan or a model is, without running it.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("FILE") { Description = "A plan, or an ONNX model (.onnx or zoo:NAME)." };
        var layers = new Option<bool>("--layers") { Description = "Also show the plan's layers as TensorRT's inspector tells them (loads the plan; TensorRT 8.2 and later)." };
        var memory = new Option<bool>("--memory") { Description = "Also measure the device memory that the engine, a session and the shapes of each profile take (loads the plan and runs it)." };
        var load = new LoadOptionSet("for what must be loaded");
        var shapes = new Option<string[]>("--shapes")
        {
            Description = "Input shapes at which a model's multiply-accumulates are counted, x:1x3x224x224 (default: the model's, a dynamic first dimension as 1).",
            HelpName = "SHAPES",
        };
        var command = new Command("inspect", "Show the tensors, profiles and origin of a plan, or the tensors, parameters and multiply-accumulates of a model.")
        {
            path, layers, memory, shapes,
        };
        load.AddTo(command);
        command.Complete(
            [
                "pinion inspect model.plan", "pinion inspect model.onnx --json", "pinion inspect rec.onnx --shapes x:1x3x48x320",
                "pinion inspect zoo:DPN68", "pinion inspect model.plan --layers",
                "pinion inspect model.plan --memory",
            ],
            (result, context) => Run(
                context, result.GetRequiredValue(path), result.GetValue(layers), result.GetValue(memory), result.GetValue(shapes) ?? [],
                load.Read(result)));
        return command;
    }

    public static IReadOnlyList<Dictionary<string, ShapeRangeFacts>> Facts(IReadOnlyList<ProfileInfo> profiles) =>
        [.. profiles.Select(p => p.Inputs.ToDictionary(
            i => i.Key, i => new ShapeRangeFacts(i.Value.Min, i.Value.Opt, i.Value.Max)))];

    private static int Run(CommandContext context, string path, bool layers, bool memory, string[] shapes, EngineLoadOptions load)
    {
        bool isModel = EngineSource.IsModel(path);
        if (!ModelFile.IsZoo(path))
        {
            Files.RequireFile(path);
        }

        if (isModel && (layers || memory))
        {
            throw new UsageException($"{(layers ? "--layers" : "--memory")} needs a plan; {path} is a model. Build it first.");
        }

        if (!isModel && shapes.Length > 0)
        {
            throw new UsageException($"--shapes says at which shapes a model is counted; {path} is a plan. Leave it out, or give the .onnx model.");
        }

        context.Terminal.ShowLog();
        InspectDocument document = isModel ? DescribeModel(context, path, shapes) : DescribePlan(path, layers, memory, load);
        if (context.Terminal.Json)
        {
            JsonOutput.Print(document, JsonForms.Default.InspectDocument);
        }
        else
        {
            Show(context.Terminal, document);
        }

        return ExitCode.Done;
    }

    private static InspectDocument DescribeModel(CommandContext context, string text, string[] shapes)
    {
        using var file = ModelFile.Open(text, context.Terminal.Note, context.Token);
        ModelDescription model = file.Use(EngineBuilder.DescribeModel);
        return new InspectDocument(
            "model", text, new FileInfo(file.Path).Length, null, null, null, null, null, null, null, null, null, null, null, [.. Tensors(model.Inputs).Select(t => t with { DimensionNames = model.DimensionNames.GetValueOrDefault(t.Name) })],
            Tensors(model.Outputs), [], null, null, Count(context.Terminal, file, model.Inputs, shapes), null)
            .With(file.Use(ImageFacts.OfModel));
    }

    private static InspectDocument With(this InspectDocument document, ImageFacts images) => document with { Preprocessing = images.Preprocessing, Labels = images.Labels };

    /// <summary>Null, with a warning, for what TensorRT's parser understands and the counter does not.</summary>
    private static CountFacts? Count(Terminal terminal, ModelFile file, IReadOnlyList<TensorInfo> inputs, string[] shapes)
    {
        List<(string? Name, TensorShape Shape)> given = shapes.Length == 0 ? [] : ShapeText.ParseList(string.Join(',', shapes), "--shapes");
        var request = new ShapeRequest(given, [], null);
        Dictionary<string, IReadOnlyList<long>> counted = given.Count == 0
            ? []
            : request.ForModel(inputs)[0].Inputs.ToDictionary(i => i.Name, i => (IReadOnlyList<long>)i.Shape.ToArray());
        try
        {
            return CountFacts.Of(OnnxModelCounter.Count(file.Path, new OnnxShapeOptions { InputShapes = counted }));
        }
        catch (InvalidDataException e)
        {
            terminal.Warn($"parameters and multiply-accumulates are not counted: {e.Message}");
            return null;
        }
    }

    private static InspectDocument DescribePlan(string path, bool layers, bool memory, EngineLoadOptions load)
    {
        PlanDescription plan = Files.About(path, () => Plan.Describe(path));
        InspectDocument document = FromHeader(path, plan);
        if (!plan.IsRaw && !layers && !memory)
        {
            return document;
        }

        // A raw plan says nothing without TensorRT, and layers are known to TensorRT alone.
        long freeBytes = memory ? PinionRuntime.GetFreeBytes(load.Device) : 0;
        using Engine engine = Files.About(path, () => Engine.Load(path, load));
        MemoryFacts? measured = memory ? Measure(engine, Math.Max(freeBytes - PinionRuntime.GetFreeBytes(load.Device), 0)) : null;
        if (plan.IsRaw)
        {
            var running = RuntimeFacts.Get(load.Device, null);
            document = document with
            {
                Tensorrt = running.TensorRt,
                Device = running.Device,
                Sdk = running.Sdk,
                Inputs = Tensors(engine.Inputs),
                Outputs = Tensors(engine.Outputs),
                Profiles = Facts(engine.Profiles),
            };
        }

        using JsonDocument? parsed = layers ? JsonDocument.Parse(engine.GetLayersJson()) : null;
        return document with { ScratchBytes = engine.ScratchBytes, Memory = measured, Layers = parsed?.RootElement.Clone() };
    }

    /// <summary>A session for each profile, and in it the profile's shapes, one after the other.</summary>
    public static MemoryFacts Measure(Engine engine, long engineBytes)
    {
        var profiles = new List<ProfileMemory>();
        for (int i = 0; i < engine.Profiles.Count; i++)
        {
            using Session session = engine.CreateSession(new SessionOptions { Profile = i });
            long sessionBytes = session.DeviceBytes;
            var shapes = new Dictionary<string, long>();
            foreach (Func<ShapeRange, TensorShape> extent in new Func<ShapeRange, TensorShape>[] { r => r.Min, r => r.Opt, r => r.Max })
            {
                (string Input, TensorShape Shape)[] inputs = [.. engine.Profiles[i].Inputs.Select(p => (p.Key, extent(p.Value)))];
                string text = string.Join(',', inputs.Select(s => $"{s.Input}:{s.Shape}"));
                if (!shapes.ContainsKey(text))
                {
                    shapes.Add(text, session.Prepare(inputs).DeviceBytes);
                }
            }

            profiles.Add(new ProfileMemory(sessionBytes, shapes));
        }

        return new MemoryFacts(engineBytes, profiles);
    }

    private static InspectDocument FromHeader(string path, PlanDescription plan) => new InspectDocument(
        "plan", path, new FileInfo(path).Length, plan.IsRaw, plan.Precision is { } precision ? precision.GetName() : null, plan.TensorRt?.ToString(),
        plan.DeviceName, plan.ComputeCapability?.ToString(), plan.Sdk == Sdk.Rtx ? [.. plan.Targets.Select(t => t.ToString())] : null, plan.Sdk, plan.PinionVersion, plan.ModelName, plan.ModelSha256, null,
        Tensors(plan.Inputs), Tensors(plan.Outputs),
        Facts(plan.Profiles), null, null, null, plan.Verification).With(ImageFacts.Of(plan.Metadata));

    private static TensorFacts[] Tensors(IEnumerable<TensorInfo> tensors) =>
        [.. tensors.Select(t => new TensorFacts(t.Name, t.DataType.GetName(), t.Shape))];

    private static void Show(Terminal terminal, InspectDocument d)
    {
        terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{d.Path}: {d.Kind}{(d.Raw == true ? " without Pinion's header" : "")}, {d.SizeBytes:N0} bytes"));
        if (d.Kind == "plan")
        {
            string sm = d.ComputeCapability is null ? "" : $" (SM {d.ComputeCapability})";
            string target = d.Targets is null ? d.Device + sm : d.Targets.Count == 0 ? TargetsCommand.Unnamed : "SM " + string.Join(", ", d.Targets);
            terminal.Say($"built with {(d.Raw == true ? "an unknown TensorRT; loaded by" : "TensorRT")} {d.Tensorrt}, SDK {d.Sdk?.GetName()}, for {target}, {d.Precision ?? "precision unknown"}");
        }

        if (d.Model is not null)
        {
            terminal.Say($"model {d.Model}, SHA-256 {d.ModelSha256}");
        }

        if (d.Verification is { } verdict)
        {
            terminal.Say(VerifiedBuildRun.Text(verdict));
        }
        else if (d.Precision == Precision.Fp16.GetName() && d.Kind == "plan")
        {
            terminal.Say("not verified: the plan has no verdict on its FP16 (pinion verify gives it one)");
        }

        bool isNamed = d.Inputs.Any(i => i.DimensionNames is not null);
        var tensors = new FactTable(keys: 2, ["", "name", "type", "shape", .. isNamed ? ["dimension names"] : Array.Empty<string>()]);
        foreach ((string kind, IReadOnlyList<TensorFacts> list) in new[] { ("input", d.Inputs), ("output", d.Outputs) })
        {
            foreach (TensorFacts tensor in list)
            {
                string names = string.Join(", ", tensor.DimensionNames?.Select(n => n ?? "–") ?? []);
                tensors.Row([kind, tensor.Name, tensor.Dtype, tensor.Shape.ToString(), .. isNamed ? [names] : Array.Empty<string>()]);
            }
        }

        terminal.Show(tensors);
        ShowProfiles(terminal, d.Profiles);
        if (d.Preprocessing is { } preprocessing)
        {
            terminal.Say($"images: {ImageFacts.InWords(preprocessing)}");
        }

        if (d.Labels is { } labels)
        {
            terminal.Say($"classes: {Counted.Of(labels, "label")}");
        }

        if (d.Counts is { } counts)
        {
            CountText.Show(terminal, counts, d.Inputs);
        }

        if (d.ScratchBytes is { } memory)
        {
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"scratch memory per session: {memory:N0} bytes"));
        }

        if (d.Memory is { } taken)
        {
            ShowMemory(terminal, taken);
        }

        if (d.Layers is { } layers)
        {
            LayerText.Show(terminal, layers);
        }
    }

    private static void ShowMemory(Terminal terminal, MemoryFacts memory)
    {
        var table = new FactTable(keys: 1, "device memory", "bytes");
        table.Row("engine", Bytes(memory.EngineBytes));
        foreach ((int i, ProfileMemory profile) in memory.Profiles.Index())
        {
            table.Row($"session of profile {i}", Bytes(profile.SessionBytes));
            foreach ((string shapes, long bytes) in profile.Shapes)
            {
                table.Row(shapes, Bytes(bytes));
            }
        }

        terminal.Show(table);
    }

    private static string Bytes(long bytes) => bytes.ToString("N0", CultureInfo.InvariantCulture);

    private static void ShowProfiles(Terminal terminal, IReadOnlyList<Dictionary<string, ShapeRangeFacts>> profiles)
    {
        if (profiles.All(p => p.Count == 0))
        {
            return;
        }

        var table = new FactTable(keys: 2, "profile", "input", "min", "opt", "max");
        for (int i = 0; i < profiles.Count; i++)
        {
            foreach ((string input, ShapeRangeFacts range) in profiles[i])
            {
                table.Row($"{i}", input, range.Min.ToString(), range.Opt.ToString(), range.Max.ToString());
            }
        }

        terminal.Show(table);
    }
}
