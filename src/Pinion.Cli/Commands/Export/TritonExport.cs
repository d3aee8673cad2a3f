using System.Globalization;
using System.Text;
using Pinion.Hosting.Repository;

namespace Pinion.Cli.Commands.Export;

/// <summary>The work of <c>pinion export triton</c>: check, measure, write.</summary>
internal static class TritonExport
{
    private const int LargestUsualBatch = 1 << 10;

    public static int Run(CommandContext context, TritonExportSettings settings)
    {
        var target = new RepositoryTarget(settings);
        context.Terminal.ShowLog();
        ExportedPlan plan = ExportedPlan.Read(settings.Plan, settings.Device);
        var notes = new List<string>();
        CheckPlan(plan, settings, notes);
        int maxBatch = plan.MaxBatch(settings.Profile);
        MeasuredLatencies? measured = settings.Latencies is { } file ? MeasuredLatencies.Read(file, plan, maxBatch) : null;
        int[] batches = BatchesOf(settings, measured, maxBatch);
        IReadOnlyList<IReadOnlyList<EngineShapes>> variants = VariantsOf(plan, settings, batches, maxBatch);
        if (measured is null && settings.Measure)
        {
            measured = Measure(context, plan, settings, variants[0], notes);
        }
        IReadOnlyList<int> preferred = measured is null ? [] : PreferredBatches.Choose(measured.Batches);
        if (measured is not null && preferred.Count == 0 && maxBatch > 1)
        {
            notes.Add("no batch size gives noticeably more rows per second than a smaller one: none is preferred, and Triton chooses.");
        }
        ModelConfig config = Configure(plan, settings, maxBatch, preferred, variants);
        foreach (string note in notes)
        {
            context.Terminal.Note(note);
        }
        (string planPath, string configPath) = target.Write(plan, Comment(plan, measured) + config.ToText(), context);
        Report(context.Terminal, new ExportTritonDocument(
            settings.Name, settings.Version, planPath, configPath, plan.Header.Sdk, plan.Header.TensorRt?.ToString(), plan.Header.DeviceName, maxBatch,
            preferred, measured?.On, measured?.Batches ?? [], notes));
        return ExitCode.Done;
    }

    private static void CheckPlan(ExportedPlan plan, TritonExportSettings settings, List<string> notes)
    {
        if (plan.IsHost && !settings.AllowHostPlan)
        {
            throw new WorkException(
                $"{plan.Path} was built with the host SDK: it is no TensorRT engine, and Triton cannot load it. Build it with the nvidia SDK on the GPU that it is for; --allow-host-plan writes it for pinion serve alone.");
        }
        if (plan.IsHost)
        {
            notes.Add("this is a plan of the host SDK: pinion serve loads it here, Triton cannot.");
        }
        else
        {
            string built = plan.Header.TensorRt is { } version ? $"TensorRT {version} on {plan.Header.DeviceName}" : "an unknown TensorRT, as it has no header of Pinion";
            notes.Add($"Triton must have the TensorRT and GPU that the plan is for: it was built with {built}.");
        }
        foreach (TensorInfo tensor in plan.Inputs.Concat(plan.Outputs))
        {
            if (tensor.DataType is TensorDataType.Fp8 or TensorDataType.Int4)
            {
                throw new WorkException($"'{tensor.Name}' is {DataTypes.Name(tensor.DataType)}, for which Triton's configuration has no name.");
            }
            if (tensor.IsShapeTensor)
            {
                throw new WorkException($"'{tensor.Name}' is a shape tensor; write the configuration of such a model by hand.");
            }
        }
        int profiles = Math.Max(plan.Profiles.Count, 1);
        if (settings.Profile >= profiles)
        {
            throw new UsageException($"--profile-index {settings.Profile} is out of range; the plan has {profiles} profile{(profiles == 1 ? "" : "s")}, 0 to {profiles - 1}.");
        }
        if (plan.MaxBatch(settings.Profile) > 0 && plan.Inputs.Max(i => plan.Range(settings.Profile, i.Name)?.Min[0] ?? 1) is > 1 and var min)
        {
            notes.Add($"the plan's profile begins at batch {min}: Triton sends smaller ones too, which the plan refuses. Build it from batch 1.");
        }
    }

    private static int[] BatchesOf(TritonExportSettings settings, MeasuredLatencies? measured, int maxBatch)
    {
        if (maxBatch == 0)
        {
            return settings.Batches is null ? [] : throw new UsageException("--batch needs a plan whose inputs and outputs all have a dynamic first dimension.");
        }
        if (settings.Batches?.FirstOrDefault(b => b > maxBatch) is > 0 and var wrong)
        {
            throw new UsageException($"--batch {wrong} is above the plan's largest batch, {maxBatch}.");
        }
        if (settings.Batches is not null || measured is not null)
        {
            return [.. (settings.Batches ?? measured!.Batches.Select(b => b.Batch)).Order()];
        }
        var sizes = new SortedSet<int> { maxBatch };
        for (int size = 1; size < maxBatch && size <= LargestUsualBatch; size *= 2)
        {
            sizes.Add(size);
        }
        return [.. sizes];
    }

    /// <summary>For each set of shapes, the batch sizes; one variant alone where there is no batch.</summary>
    private static IReadOnlyList<IReadOnlyList<EngineShapes>> VariantsOf(ExportedPlan plan, TritonExportSettings settings, int[] batches, int maxBatch)
    {
        IEnumerable<IReadOnlyList<(string? Name, TensorShape Shape)>> sets = settings.Shapes.Count > 0 ? settings.Shapes : [[]];
        // A profile may begin above batch 1.
        int least = maxBatch == 0 ? 0 : (int)plan.Inputs.Max(i => plan.Range(settings.Profile, i.Name)?.Min[0] ?? 1);
        int[] within = [.. batches.Where(b => b >= least)];
        return [.. sets.Select(set => new ShapeRequest(set, within.Length > 0 || maxBatch == 0 ? within : [maxBatch], settings.Profile).ForEngine(plan.Inputs, plan.Profiles))];
    }

    private static MeasuredLatencies Measure(CommandContext context, ExportedPlan plan, TritonExportSettings settings, IReadOnlyList<EngineShapes> variants, List<string> notes)
    {
        RuntimeFacts facts = RuntimeFacts.Get(settings.Device, plan.Header.Precision);
        try
        {
            using Engine engine = Files.About(plan.Path, () => Engine.Load(plan.Path, new EngineLoadOptions { Device = settings.Device }));
            if (facts.Sdk != "nvidia")
            {
                notes.Add("there is no GPU: the measured latencies are the host's, and so are the preferred batch sizes. Measure where the plan will run, and give --latencies.");
            }
            return MeasuredLatencies.Measure(context, engine, variants, settings.DurationSeconds, settings.Graphs, facts);
        }
        catch (PlanMismatchException e)
        {
            throw new WorkException($"{e.Message.TrimEnd('.')}, so it cannot be measured here: --latencies takes what was measured there, --no-measure leaves the preferred batch sizes to Triton.", e);
        }
    }

    private static ModelConfig Configure(
        ExportedPlan plan, TritonExportSettings settings, int maxBatch, IReadOnlyList<int> preferred, IReadOnlyList<IReadOnlyList<EngineShapes>> variants) => new()
        {
            Name = settings.Name,
            Platform = "tensorrt_plan",
            MaxBatchSize = maxBatch,
            Inputs = [.. plan.Inputs.Select(t => Tensor(t, maxBatch))],
            Outputs = [.. plan.Outputs.Select(t => Tensor(t, maxBatch))],
            InstanceGroups = [new InstanceGroup { Count = settings.Instances, Gpus = settings.Gpus, Profile = settings.Profile == 0 ? null : settings.Profile }],
            DynamicBatching = maxBatch <= 1 ? null : new DynamicBatching
            {
                PreferredBatchSizes = preferred,
                MaxQueueDelayMicroseconds = (long)Math.Round(settings.MaxDelayMs * 1000),
                MaxQueueSize = settings.MaxQueue,
            },
            Cuda = new CudaOptimization
            {
                Graphs = settings.Graphs,
                GraphSpecs = settings.Graphs ? [.. variants.SelectMany(v => v).Select(v => Spec(v, maxBatch))] : [],
            },
        };

    private static TensorConfig Tensor(TensorInfo tensor, int maxBatch) => new()
    {
        Name = tensor.Name,
        DataType = tensor.DataType,
        Dims = [.. tensor.Shape.Skip(maxBatch > 0 ? 1 : 0)],
    };

    private static GraphSpec Spec(EngineShapes variant, int maxBatch) => new(
        maxBatch == 0 ? 0 : variant.Batch,
        variant.Inputs.ToDictionary(i => i.Name, i => maxBatch == 0 ? i.Shape : new TensorShape(i.Shape.ToArray()[1..])));

    private static string Comment(ExportedPlan plan, MeasuredLatencies? measured)
    {
        var text = new StringBuilder();
        string origin = plan.Header.TensorRt is { } version ? $" (TensorRT {version}, {plan.Header.DeviceName}, SDK {plan.Header.Sdk})" : "";
        Line($"Written by pinion export triton from {Path.GetFileName(plan.Path)}{origin}.");
        if (plan.IsHost)
        {
            Line("A plan of the host SDK, which Triton cannot load.");
        }
        if (measured is not null)
        {
            Line($"Measured on: {measured.On}");
            foreach (BatchFacts b in measured.Batches)
            {
                Line(string.Create(CultureInfo.InvariantCulture, $"  batch {b.Batch}: {b.LatencyMs:G4} ms, {b.RowsPerSecond:F1} rows/s"));
            }
            Line(string.Create(CultureInfo.InvariantCulture, $"Preferred are sizes with {100 * PreferredBatches.Gain:0.#}% more rows/s than every smaller one."));
        }
        return text.ToString();

        void Line(string line) => text.Append("# ").Append(line.ReplaceLineEndings(" ")).Append('\n');
    }

    private static void Report(Terminal terminal, ExportTritonDocument d)
    {
        if (terminal.Json)
        {
            JsonOutput.Print(d, JsonForms.Default.ExportTritonDocument);
            return;
        }
        terminal.Say($"{d.Plan}: version {d.Version} of {d.Name}");
        string preferred = d.PreferredBatchSizes.Count > 0 ? $"preferred {string.Join(", ", d.PreferredBatchSizes)}" : "none preferred";
        terminal.Say(d.MaxBatchSize == 0 ? $"{d.Config}: no batch dimension" : $"{d.Config}: batches to {d.MaxBatchSize}, {preferred}");
        foreach (BatchFacts b in d.Measured)
        {
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"  batch {b.Batch}: {b.LatencyMs:G4} ms, {b.RowsPerSecond:F1} rows/s"));
        }
        if (d.MeasuredOn is not null)
        {
            terminal.Say($"measured on: {d.MeasuredOn}");
        }
    }
}
