using System.Globalization;
using Pinion.Triton;

namespace Pinion.Cli;

/// <summary>The work of <c>pinion export triton</c>: check, measure, write.</summary>
internal static class TritonExportRun
{
    /// <summary>What the library's options are called on the command line.</summary>
    private static readonly Dictionary<string, string> OptionNames = new()
    {
        [nameof(TritonExportOptions.Name)] = "--name",
        [nameof(TritonExportOptions.Version)] = "--version",
        [nameof(TritonExportOptions.Instances)] = "--instances",
        [nameof(TritonExportOptions.MaxDelay)] = "--max-delay",
        [nameof(TritonExportOptions.MaxQueue)] = "--max-queue",
        [nameof(TritonExportOptions.Profile)] = "--profile-index",
        [nameof(TritonExportOptions.Batches)] = "--batch",
    };

    public static int Run(CommandContext context, TritonExportSettings settings)
    {
        if (settings.Repository.Length == 0)
        {
            throw new UsageException("-o is empty; give it the name of a folder.");
        }

        Files.RequireFile(settings.Plan);
        context.Terminal.ShowLog();
        try
        {
            return Run(context, settings, Files.About(settings.Plan, () => TritonExport.Prepare(settings.Plan, settings.Repository, settings.Export)));
        }
        catch (ExportOptionException e)
        {
            throw new UsageException($"{OptionNames[e.Option]} {e.Problem}");
        }
        catch (ExportException e)
        {
            throw new WorkException(WithWayOut(e), e);
        }
    }

    private static int Run(CommandContext context, TritonExportSettings settings, TritonExport export)
    {
        PlanFile plan = export.Plan;
        List<string> notes = [.. export.Notes];
        MeasuredLatencies? measured = settings.Latencies is { } file ? LatencySource.Read(file, plan, export.MaxBatch) : null;
        IReadOnlyList<int> batches = export.BatchSizes(measured);
        IEnumerable<IReadOnlyList<(string? Name, TensorShape Shape)>> sets = settings.Shapes.Count > 0 ? settings.Shapes : [[]];
        // For each set of shapes, the batch sizes; one variant alone where there is no batch.
        IReadOnlyList<EngineShapes>[] variants = [.. sets.Select(set => new ShapeRequest(set, batches, settings.Export.Profile).ForEngine(plan.Inputs, plan.Profiles))];
        if (measured is null && settings.Measure)
        {
            measured = Measure(context, plan, settings, variants[0], notes);
        }

        IReadOnlyList<int> preferred = measured is null ? [] : PreferredBatches.Choose(measured.Batches);
        if (measured is not null && preferred.Count == 0 && export.MaxBatch > 1)
        {
            notes.Add("no batch size gives noticeably more rows per second than a smaller one: none is preferred, and Triton chooses.");
        }

        foreach (string note in notes)
        {
            context.Terminal.Note(note);
        }

        GraphSpec[] graphs = [.. variants.SelectMany(v => v).Select(v => Spec(v, export.MaxBatch))];
        TritonExportResult written = export.Write(preferred, graphs, measured, context.Token);
        Report(context.Terminal, new ExportTritonDocument(
            settings.Export.Name, settings.Export.Version, written.PlanPath, written.ConfigPath, plan.Header.Sdk, plan.Header.TensorRt?.ToString(),
            plan.Header.DeviceName, export.MaxBatch, preferred, measured?.On, measured?.Batches ?? [], notes));
        return ExitCode.Done;
    }

    private static string WithWayOut(ExportException e) => e.Refusal switch
    {
        ExportRefusal.Exists => $"{e.Message.TrimEnd('.')}: --force replaces it, --version writes another.",
        ExportRefusal.ConfigDiffers => $"{e.Message.TrimEnd('.')}: --force replaces it, --keep-config leaves it.",
        ExportRefusal.HostPlan => $"{e.Message.TrimEnd('.')}; --allow-host-plan writes it for pinion serve alone.",
        _ => e.Message,
    };

    private static MeasuredLatencies Measure(CommandContext context, PlanFile plan, TritonExportSettings settings, IReadOnlyList<EngineShapes> variants, List<string> notes)
    {
        var facts = RuntimeFacts.Get(settings.Export.Device, plan.Header.Precision);
        try
        {
            using Engine engine = Files.About(plan.Path, () => Engine.Load(plan.Path, new EngineLoadOptions { Device = settings.Export.Device }));
            if (facts.Sdk != Sdk.Nvidia)
            {
                notes.Add("there is no GPU: the measured latencies are the host's, and so are the preferred batch sizes. Measure where the plan will run, and give --latencies.");
            }

            return LatencySource.Measure(context, engine, variants, settings.DurationSeconds, settings.Export.Graphs, facts);
        }
        catch (PlanMismatchException e)
        {
            throw new WorkException($"{e.Message.TrimEnd('.')}, so it cannot be measured here: --latencies takes what was measured there, --no-measure leaves the preferred batch sizes to Triton.", e);
        }
    }

    private static GraphSpec Spec(EngineShapes variant, int maxBatch) => new(
        maxBatch == 0 ? 0 : variant.Batch,
        variant.Inputs.ToDictionary(i => i.Name, i => maxBatch == 0 ? i.Shape : new TensorShape([.. i.Shape.Skip(1)])));

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
        foreach (BatchLatency b in d.Measured)
        {
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"  batch {b.Batch}: {b.LatencyMs:G4} ms, {b.RowsPerSecond:F1} rows/s"));
        }

        if (d.MeasuredOn is not null)
        {
            terminal.Say($"measured on: {d.MeasuredOn}");
        }
    }
}
