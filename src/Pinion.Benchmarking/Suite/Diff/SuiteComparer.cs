using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>A cell of one run as its processes measured it.</summary>
/// <param name="FastMs">The fast end of the latencies of each process, at least one.</param>
/// <param name="OtherCores">Cores that other processes took, the median over these; null where it is not known or computing takes no CPU.</param>
internal sealed record MeasuredCell(double[] FastMs, double? OtherCores = null);

/// <summary>Compares the latencies of two runs: each process that measured a cell gives one figure, the fast end of its raw samples.</summary>
internal static class SuiteComparer
{
    public const string Slower = "slower";
    public const string Faster = "faster";
    public const string Same = "same";
    public const string CannotTell = "cannot tell";

    /// <summary>Other load only ever adds time, and rarely to every run: the fast end moves less than the median.</summary>
    public const double FastPercent = 5;

    /// <summary>So much more load from others can slow every run of a CPU down, its fast end included.</summary>
    private const double ExplainingCores = 0.5;

    /// <exception cref="BenchmarkException">The runs have no cell in common, or are of different hardware and nobody allowed that.</exception>
    public static SuiteDiff Compare(string oldPath, string newPath, SuiteDiffOptions options)
    {
        var old = SuiteResults.Load(oldPath);
        var now = SuiteResults.Load(newPath);
        string mode = options.Mode;
        bool same = Comparison.SameHardware(old.Environment, now.Environment);
        if (!same && !options.AcrossHardware)
        {
            throw new BenchmarkException(
                $"{oldPath} was measured on {CellFacts.Hardware(old.Environment)}, {newPath} on {CellFacts.Hardware(now.Environment)}: a ratio would compare hardware. {BenchmarkSetting.AcrossHardware} compares them all the same.");
        }

        var cells = new List<DiffCell>();
        var onlyOld = new List<string>();
        foreach (SuiteCell before in old.Cells)
        {
            if (Find(now, old, before) is not { } after || Mode(before, mode) is not { } a || Mode(after, mode) is not { } b)
            {
                onlyOld.Add(before.Key);
                continue;
            }

            cells.Add(Compare(before, Measured(oldPath, old, a), Measured(newPath, now, b), options.FailOverPercent));
        }

        string[] onlyNew = [.. now.Cells.Where(c => Find(old, now, c) is not { } before || Mode(before, mode) is null || Mode(c, mode) is null).Select(c => c.Key)];
        if (cells.Count == 0)
        {
            string[] modes = [.. old.Cells.Concat(now.Cells).SelectMany(c => c.Modes).Select(m => m.Name).Distinct()];
            string hint = modes.Length > 0 && !modes.Contains(mode) ? $" There is no mode '{mode}'. {NearestName.Hint(mode, modes)}" : "";
            throw new BenchmarkException($"{oldPath} and {newPath} have no measured cell in common.{hint}");
        }

        return new SuiteDiff(
            Describe(oldPath, old), Describe(newPath, now), same, mode, options.FailOverPercent, cells.Any(c => c.Regression), cells, onlyOld, onlyNew,
            Notes(old, now, same));
    }

    /// <param name="cell">Names what was measured.</param>
    /// <param name="old">The older run.</param>
    /// <param name="now">The newer run.</param>
    /// <param name="failOverPercent">The limit.</param>
    internal static DiffCell Compare(SuiteCell cell, MeasuredCell old, MeasuredCell now, double failOverPercent)
    {
        double[] ratios = RankInterval.Ratios(old.FastMs, now.FastMs);
        double ratio = Statistics.Median(ratios);
        bool loaded = old.OtherCores > ModeWarnings.QuietCores || now.OtherCores > ModeWarnings.QuietCores;
        double confidence = loaded ? RankInterval.ConfidenceUnderLoad : RankInterval.Confidence;
        // A run beside itself or a copy: nothing can have come between them.
        RatioInterval? interval = old.FastMs.AsSpan().SequenceEqual(now.FastMs)
            ? new RatioInterval(1, 1)
            : RankInterval.Of(ratios, old.FastMs.Length, now.FastMs.Length, confidence);
        double limit = 1 + (failOverPercent / 100);
        (string verdict, string? reason) = Verdict(interval, old, now, limit);
        return new DiffCell(
            cell.Model, cell.Precision, cell.Batch, Middle(old), Middle(now), old.FastMs.Length, now.FastMs.Length, ratio, confidence, interval?.Low, interval?.High, verdict,
            verdict == Slower && interval?.Low > limit, reason);
    }

    private static (string Verdict, string? Reason) Verdict(RatioInterval? interval, MeasuredCell old, MeasuredCell now, double limit)
    {
        if (interval is not { } i)
        {
            return (CannotTell, string.Create(CultureInfo.InvariantCulture, $"measured by {old.FastMs.Length} and {now.FastMs.Length} processes, which is too few for an interval"));
        }

        // More load makes a CPU slower all by itself; less load does not, so a cell that is slower with less is slower.
        double moreLoad = (now.OtherCores - old.OtherCores) ?? 0;
        bool slower = i.Low > 1;
        bool faster = i.High < 1;
        if ((slower && moreLoad > ExplainingCores) || (faster && moreLoad < -ExplainingCores))
        {
            return (CannotTell, string.Create(CultureInfo.InvariantCulture, $"other processes took {old.OtherCores:F1} cores during the old run and {now.OtherCores:F1} during the new one"));
        }

        return slower ? (Slower, null) : faster ? (Faster, null)
            : i.Low >= 1 / limit && i.High <= limit ? (Same, null)
            : (CannotTell, string.Create(CultureInfo.InvariantCulture, $"the interval holds both no change and one of more than {(limit - 1) * 100:0.##} %"));
    }

    private static double Middle(MeasuredCell cell) => Statistics.Median(Statistics.Sorted(cell.FastMs));

    private static SuiteMode? Mode(SuiteCell cell, string name) => cell.Modes.FirstOrDefault(m => m.Name == name);

    /// <summary>The cell of the same model: files may lie elsewhere, so their bytes decide, else their titles.</summary>
    private static SuiteCell? Find(SuiteResults results, SuiteResults from, SuiteCell cell)
    {
        SuiteModel? model = from.Models.FirstOrDefault(m => m.Name == cell.Model);
        SuiteModel? there = results.Models.FirstOrDefault(m => m.Name == cell.Model)
            ?? results.Models.FirstOrDefault(m => model?.Sha256 is not null && m.Sha256 == model.Sha256)
            ?? results.Models.FirstOrDefault(m => m.Title == model?.Title);
        return results.Cells.FirstOrDefault(c => c.Model == there?.Name && c.Batch == cell.Batch && c.Precision == cell.Precision);
    }

    private static MeasuredCell Measured(string path, SuiteResults run, SuiteMode mode)
    {
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        IReadOnlyList<SuiteProcess> processes = mode.Processes is { Count: > 0 } all ? all : [new SuiteProcess(mode.SamplesFile, null)];
        double[] loads = Statistics.Sorted(processes.Where(p => p.OtherCores is not null).Select(p => p.OtherCores!.Value));
        bool onCpu = !run.Environment.IsGpu;
        return new MeasuredCell([.. processes.Select(p => FastMs(path, folder, p.SamplesFile))], onCpu && loads.Length > 0 ? Statistics.Median(loads) : null);
    }

    private static double FastMs(string path, string folder, string file)
    {
        IReadOnlyDictionary<string, double[]> columns = SampleFile.Read(Path.Combine(folder, file));
        if (!columns.TryGetValue("h2dMs", out double[]? h2d) || !columns.TryGetValue("computeMs", out double[]? compute) || !columns.TryGetValue("d2hMs", out double[]? d2h)
            || h2d.Length == 0)
        {
            throw new SuiteResultsException($"{file} of {path} has no latencies.");
        }

        return Statistics.Percentile(Statistics.Sorted(h2d.Zip(compute, d2h).Select(s => s.First + s.Second + s.Third)), FastPercent);
    }

    private static DiffRun Describe(string path, SuiteResults run) =>
        new(path, run.Id, CellFacts.Hardware(run.Environment), run.Environment.TensorRt, run.Environment.Pinion, run.Environment.Commit);

    private static List<string> Notes(SuiteResults old, SuiteResults now, bool same)
    {
        var notes = new List<string>();
        if (!same)
        {
            notes.Add("The runs are of different hardware.");
        }

        if (old.Protocol.Name != now.Protocol.Name || old.Protocol.Quick != now.Protocol.Quick)
        {
            notes.Add($"The runs were measured differently: {Protocol(old.Protocol)} and {Protocol(now.Protocol)}.");
        }

        if (old.Environment.HostThreads != now.Environment.HostThreads)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"The old run computed with {old.Environment.HostThreads} threads, the new one with {now.Environment.HostThreads}."));
        }

        return notes;
    }

    private static string Protocol(SuiteProtocol p) => p.Quick ? $"{p.Name} in its quick form" : p.Name;
}
