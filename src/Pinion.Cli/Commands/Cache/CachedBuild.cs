using System.Globalization;
using Pinion.Fp16;

namespace Pinion.Cli;

/// <summary><c>pinion build --cache</c>: the plan is found, or built and kept; either way it is said which, and why.</summary>
internal static class CachedBuild
{
    /// <param name="context">Where to write, and the wish to stop.</param>
    /// <param name="text">The model as the user wrote it.</param>
    /// <param name="output">A file to write the plan to as well; null: none.</param>
    /// <param name="folder">The cache.</param>
    /// <param name="options">How to build.</param>
    /// <param name="isolation">Null to build in this process.</param>
    /// <param name="half">How FP16 is built and verified; null for FP32.</param>
    public static int Run(CommandContext context, string text, string? output, string folder, EngineBuildOptions options, IsolationOptions? isolation, Proof? half)
    {
        Terminal terminal = context.Terminal;
        if (output is not null)
        {
            BuildCommand.CheckOutput(output);
            StandardOutput.RefuseJson(terminal, output);
        }

        isolation = BuildCommand.WithTargets(terminal, options, isolation);
        EngineCache cache = CacheCommand.Open(folder, Options(isolation));
        ModelSource source = ModelFile.Source(text, terminal.Note);
        terminal.ShowLog();
        options = BuildCommand.WithZooProfile(text, options, terminal);
        using CachedPlan plan = Get(context, cache, source, text, options, isolation, half, out VerifiedBuildResult? verified);
        if (half?.Options.NewRecipe is { } recipe && verified is null)
        {
            terminal.Warn($"{recipe} was not written: the plan was in the cache, and nothing was searched. Build without --cache for a recipe.");
        }

        RequirePlace(terminal, plan, output, "give -o PLAN");

        if (output is not null)
        {
            Save(plan, output, context.Token);
        }

        Report(terminal, text, output ?? plan.Path!, plan, options, verified);
        return ExitCode.Done;
    }

    public static EngineCacheOptions Options(IsolationOptions? isolation) => isolation is null ? new() { InProcess = true } : new() { Isolation = isolation };

    /// <summary>Warns of a plan that the cache could not keep.</summary>
    /// <exception cref="WorkException">There is no other place for it.</exception>
    public static void RequirePlace(Terminal terminal, CachedPlan plan, string? output, string wayOut)
    {
        if (plan.Report.NotKept is { } reason)
        {
            terminal.Warn($"{reason}.");
            _ = output ?? throw new WorkException($"{reason}, and there is no other place for it: {wayOut}.");
        }
    }

    /// <summary>Finds the plan, or builds it, verified where it is to be.</summary>
    /// <param name="context">Where progress goes, and the wish to stop.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="source">The model.</param>
    /// <param name="text">The model as the user wrote it.</param>
    /// <param name="options">How to build.</param>
    /// <param name="isolation">Null to build in this process.</param>
    /// <param name="half">How FP16 is built and verified; null for FP32.</param>
    /// <param name="verified">What was made and measured; null for FP32 and for a hit.</param>
    public static CachedPlan Get(
        CommandContext context, EngineCache cache, ModelSource source, string text, EngineBuildOptions options, IsolationOptions? isolation, Proof? half,
        out VerifiedBuildResult? verified)
    {
        using var progress = new LateProgress(context.Terminal, $"building {Path.GetFileName(text)}");
        VerifiedBuildResult? result = null;
        if (half is not null)
        {
            source = source.MadeBy(half.Ingredients(), (path, engine, build, token) =>
            {
                result = VerifiedBuildRun.Run(context.Terminal, text, path, half.Options with { Engine = engine }, isolation?.Sdk, BuildAlone, token);
                return result.Plan;

                Plan BuildAlone(string model, EngineBuildOptions o)
                {
                    Plan plan = build(model, o);
                    progress.Dispose();
                    return plan;
                }
            });
        }

        CachedPlan found = Files.About(text, () => cache.GetOrBuildAsync(source, options, progress, context.Token).GetAwaiter().GetResult());
        verified = result;
        return found;
    }

    public static void Save(CachedPlan plan, string output, CancellationToken token)
    {
        using IDisposable shield = Interrupt.Shield();
        token.ThrowIfCancellationRequested();
        using var file = OutputFile.Create(output, StandardOutput.Is(output) ? 0 : plan.Report.Entry.PlanBytes);
        plan.CopyTo(file.Stream);
        file.Commit();
    }

    private static void Report(Terminal terminal, string model, string path, CachedPlan plan, EngineBuildOptions options, VerifiedBuildResult? verified)
    {
        CacheReport report = plan.Report;
        CacheEntry entry = report.Entry;
        bool isHit = report.Outcome == CacheOutcome.Hit;
        // What is printed of a hit is in the cache; reading all of the plan once more would be for the document alone.
        PlanDescription? description = (terminal.Json || !isHit) && !options.Raw ? plan.Description : null;
        Precision precision = description?.Precision ?? options.Precision;
        bool isHere = PinionRuntime.Info is var info && info.Sdk == entry.Sdk;
        RuntimeFacts facts = isHere ? RuntimeFacts.Get(options.Device, precision) : RuntimeFacts.Describe(entry.Sdk, Version.TryParse(entry.TensorRt, out Version? tensorRt) ? tensorRt : null, null, precision);
        if (terminal.Json)
        {
            var document = new BuildDocument(
                model, path, entry.PlanBytes, entry.BuildTime.TotalSeconds, report.PeakMemoryBytes, options.Raw, precision.GetName(), facts.Sdk, facts.TensorRt,
                facts.Sdk == Sdk.Rtx ? null : facts.Device, facts.Sdk == Sdk.Rtx ? [.. options.Targets.Select(t => t.ComputeCapability.ToString())] : null,
                InspectCommand.Facts(description?.Profiles ?? []), facts.Notes, CacheFacts.Of(plan), description?.Verification);
            JsonOutput.Print(document, JsonForms.Default.BuildDocument);
            return;
        }

        foreach (string note in isHit || options.Precision == Precision.Fp16 ? [] : facts.Notes)
        {
            terminal.Note(note);
        }

        string seconds = entry.BuildTime.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture);
        terminal.SayOf(path, isHit
            ? $"{path}: {CacheText.Bytes(entry.PlanBytes)}, hit, built {CacheText.Time(entry.BuiltAt)} in {seconds} s ({facts.Line})"
            : $"{path}: {CacheText.Bytes(entry.PlanBytes)}, built in {seconds} s ({facts.Line}) because {string.Join("; ", report.Reasons)}");
        if (verified is not null)
        {
            VerifiedBuildRun.Show(terminal, verified);
        }
    }

    /// <summary>Begins to show once something is built or waited for: a hit has no progress.</summary>
    private sealed class LateProgress(Terminal terminal, string what) : IProgress<BuildProgress>, IDisposable
    {
        private ProgressLine? _line;

        public void Report(BuildProgress value)
        {
            if (_line is null)
            {
                ScratchFolder.DeleteAbandoned();
                _line = terminal.StartProgress(what);
            }

            _line.Report(value.Phase == "wait" ? value with { Phase = "waiting for another process that builds it" } : value);
        }

        public void Dispose()
        {
            _line?.Dispose();
            _line = null;
        }
    }
}
