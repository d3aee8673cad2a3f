using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>Compares the latencies of two runs from their raw samples.</summary>
internal static class SuiteComparer
{
    public const string Slower = "slower";
    public const string Faster = "faster";
    public const string Same = "same";

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

            cells.Add(Compare(before, Samples(oldPath, a), Samples(newPath, b), options.FailOverPercent));
        }

        string[] onlyNew = [.. now.Cells.Where(c => Find(old, now, c) is not { } before || Mode(before, mode) is null || Mode(c, mode) is null).Select(c => c.Key)];
        if (cells.Count == 0)
        {
            string[] modes = [.. old.Cells.Concat(now.Cells).SelectMany(c => c.Modes).Select(m => m.Name).Distinct()];
            string hint = modes.Length > 0 && !modes.Contains(mode) ? $" There is no mode '{mode}'. {NearestName.Hint(mode, modes)}" : "";
            throw new BenchmarkException($"{oldPath} and {newPath} have no measured cell in common.{hint}");
        }

        return new SuiteDiff(
            Describe(oldPath, old), Describe(newPath, now), same, mode, options.FailOverPercent, Bootstrap.Confidence, cells.Any(c => c.Regression), cells, onlyOld, onlyNew,
            Notes(old, now, same));
    }

    internal static DiffCell Compare(SuiteCell cell, double[] old, double[] now, double failOverPercent)
    {
        RatioInterval r = Bootstrap.Ratio(old, now, seed: 0);
        Array.Sort(old);
        Array.Sort(now);
        string verdict = r.Low > 1 ? Slower : r.High < 1 ? Faster : Same;
        return new DiffCell(
            cell.Model, cell.Precision, cell.Batch, Statistics.Median(old), Statistics.Median(now), r.Ratio, r.Low, r.High, verdict,
            r.Low > 1 + (failOverPercent / 100));
    }

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

    private static double[] Samples(string path, SuiteMode mode)
    {
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        IReadOnlyDictionary<string, double[]> columns = SampleFile.Read(Path.Combine(folder, mode.SamplesFile));
        if (!columns.TryGetValue("h2dMs", out double[]? h2d) || !columns.TryGetValue("computeMs", out double[]? compute) || !columns.TryGetValue("d2hMs", out double[]? d2h)
            || h2d.Length == 0)
        {
            throw new SuiteResultsException($"{mode.SamplesFile} of {path} has no latencies.");
        }

        return [.. h2d.Zip(compute, d2h).Select(s => s.First + s.Second + s.Third)];
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

        int noisy = old.Cells.Concat(now.Cells).Count(c => c.Modes.Any(m => m.Warnings.Any(w => w.StartsWith("other load", StringComparison.Ordinal))));
        if (noisy > 0)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{noisy} cells were measured under other load; an interval does not hold what differs between runs as wholes."));
        }

        return notes;
    }

    private static string Protocol(SuiteProtocol p) => p.Quick ? $"{p.Name} in its quick form" : p.Name;
}
