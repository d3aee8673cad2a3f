using System.Diagnostics;
using System.Globalization;
using Pinion.Fp16;

namespace Pinion.Cli;

/// <summary><c>pinion build --manifest</c>: every build of a file, through a cache, so that a run that was ended goes on where it was. One that fails does not keep the others.</summary>
internal static class ManifestRun
{
    /// <param name="context">Where to write, and the wish to stop.</param>
    /// <param name="path">The manifest.</param>
    /// <param name="cache">The cache of the command line; null: the manifest's.</param>
    /// <param name="isolation">Null where the builds were to be in process.</param>
    /// <param name="proof">How FP16 is built and verified.</param>
    public static int Run(CommandContext context, string path, string? cache, IsolationOptions? isolation, Func<EngineBuildOptions, Proof?> proof)
    {
        Terminal terminal = context.Terminal;
        isolation = isolation ?? throw new UsageException("--manifest builds each engine in a process of its own; leave out --in-process.");
        var manifest = BuildManifest.Read(path);
        string folder = cache ?? manifest.Cache
            ?? throw new UsageException($"{path} names no cache, in which what is built is found again: add \"cache\": \"engines\", or give --cache DIR.");
        // Found out now rather than after hours of building.
        Proof[] halves = [.. manifest.Builds.Where(b => b.Options.Precision == Precision.Fp16).Select(b => proof(b.Options)).OfType<Proof>()];
        _ = halves.Length > 0 ? null : proof(manifest.Builds[0].Options);
        if (halves.Length > 1 && halves.Any(h => h.Options.Recipe is not null || h.Options.NewRecipe is not null))
        {
            throw new UsageException($"--recipe is one model's, and {path} builds {halves.Length} in FP16; leave it out, or build that model by itself.");
        }

        terminal.ShowLog();
        var done = new List<ManifestOutcome>();
        foreach ((int index, ManifestBuild build) in manifest.Builds.Index())
        {
            context.Token.ThrowIfCancellationRequested();
            terminal.Note(string.Create(CultureInfo.InvariantCulture, $"[{index + 1}/{manifest.Builds.Count}] {build.Model}, {build.Options.Precision.GetName()}"));
            ManifestOutcome outcome = Build(context, folder, build, isolation, proof);
            done.Add(outcome);
            terminal.Note($"  {outcome.Words}");
        }

        Report(terminal, path, folder, done);
        return done.Any(d => d.Error is not null) ? ExitCode.Failed : ExitCode.Done;
    }

    private static ManifestOutcome Build(CommandContext context, string folder, ManifestBuild build, IsolationOptions isolation, Func<EngineBuildOptions, Proof?> proof)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            if (build.Output is { } target)
            {
                BuildCommand.CheckOutput(target);
            }

            ModelSource source = ModelFile.Source(build.Path, context.Terminal.Note);
            IsolationOptions? with = BuildCommand.WithTargets(context.Terminal, build.Options, isolation);
            EngineCache cache = CacheCommand.Open(folder, CachedBuild.Options(with));
            EngineBuildOptions options = BuildCommand.WithZooProfile(build.Path, build.Options, context.Terminal);
            Proof? half = options.Precision == Precision.Fp16 ? proof(options) : null;
            using CachedPlan plan = CachedBuild.Get(context, cache, source, build.Path, options, with, half, out VerifiedBuildResult? verified);
            if (verified is not null)
            {
                VerifiedBuildRun.Show(context.Terminal, verified);
            }

            if (build.Output is { } output)
            {
                CachedBuild.Save(plan, output, context.Token);
            }

            CachedBuild.RequirePlace(context.Terminal, plan, build.Output, "give the build an output");

            return new ManifestOutcome(build, plan.Report, watch.Elapsed, null);
        }
        catch (Exception e) when (ErrorReport.Describe(e).ExitCode != ExitCode.Interrupted)
        {
            return new ManifestOutcome(build, null, watch.Elapsed, ErrorReport.Describe(e));
        }
    }

    private static void Report(Terminal terminal, string path, string folder, List<ManifestOutcome> done)
    {
        int failed = done.Count(d => d.Error is not null);
        int built = done.Count(d => d.Report?.Outcome == CacheOutcome.Built);
        int hits = done.Count - failed - built;
        if (terminal.Json)
        {
            JsonOutput.Print(new ManifestDocument(path, folder, built, hits, failed, [.. done.Select(d => d.Facts)]), JsonForms.Default.ManifestDocument);
        }
        else
        {
            var table = new FactTable(keys: 2, "model", "precision", "outcome", "seconds", "bytes", "plan");
            foreach (ManifestOutcome d in done)
            {
                table.Row(
                    d.Build.Model, d.Build.Options.Precision.GetName(), d.Name, d.Time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture),
                    d.Report?.Entry.PlanBytes.ToString("N0", CultureInfo.InvariantCulture) ?? "", d.Plan ?? "");
            }

            terminal.Show(table);
        }

        terminal.Say($"{path}: {Counted.Of(done.Count, "build")}: {built} built, {hits} found in {folder}, {failed} failed");
        foreach (ManifestOutcome d in done.Where(d => d.Error is not null))
        {
            terminal.Say($"failed: {d.Build.Model}, {d.Build.Options.Precision.GetName()} ({path}:{d.Build.Line}): {d.Error!.Message}");
        }
    }
}

/// <summary>How one build of a manifest ended.</summary>
/// <param name="Build">The build.</param>
/// <param name="Report">What the cache did; null where it failed.</param>
/// <param name="Time">How long it took now.</param>
/// <param name="Error">Why it failed; null where it did not.</param>
internal sealed record ManifestOutcome(ManifestBuild Build, CacheReport? Report, TimeSpan Time, ErrorFacts? Error)
{
    public string Name => Report is null ? "failed" : Report.Outcome == CacheOutcome.Hit ? "hit" : "built";

    /// <summary>The plan, where it was asked to be, else in the cache.</summary>
    public string? Plan => Report is null ? null : Build.Output ?? Report.Entry.Path;

    public string Words => Error is not null ? $"failed: {Error.Message}" : Report!.Reasons.Count == 0 ? Name : $"{Name} because {string.Join("; ", Report.Reasons)}";

    public ManifestBuildFacts Facts => new(
        Build.Model, Build.Line, Build.Options.Precision.GetName(), Name, Plan, Report?.Entry.Key, Report?.Entry.PlanBytes, Time.TotalSeconds, Report?.Entry.BuildTime.TotalSeconds, Report?.Reasons ?? [], Error);
}
