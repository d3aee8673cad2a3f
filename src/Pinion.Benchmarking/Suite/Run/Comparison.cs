using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>What cells are compared with: published figures of a GPU, or another run.</summary>
internal sealed class Comparison
{
    private static readonly string[] Gpus = ["V100", "T4"];

    private readonly string? _gpu;
    private readonly SuiteResults? _run;
    private readonly string _runPath = "";

    private Comparison(string? gpu) => _gpu = gpu;

    private Comparison(SuiteResults run, string path)
    {
        _run = run;
        _runPath = path;
    }

    /// <summary>Reads v100, t4 or the folder of a run; null takes the published GPU that is nearest to the device.</summary>
    public static Comparison Parse(string? text)
    {
        if (text is null)
        {
            return new Comparison(null);
        }

        if (Gpus.FirstOrDefault(g => g.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } gpu)
        {
            return new Comparison(gpu);
        }

        if (!Directory.Exists(text) && !File.Exists(text))
        {
            throw new BenchmarkSettingException($"{BenchmarkSetting.Compare} {text} is neither v100 nor t4 nor the folder of a run. {NearestName.Hint(text, [.. Gpus.Select(g => g.ToLowerInvariant())])}");
        }

        return new Comparison(SuiteResults.Load(text), text);
    }

    /// <summary>Null where nothing was published, or measured in the other run, for this cell.</summary>
    public SuiteComparison? Of(SuiteModel model, int batch, string precision, SuiteEnvironment environment, double latencyMs)
    {
        string here = CellFacts.Hardware(environment);
        if (_run is not null)
        {
            string? key = _run.Models.FirstOrDefault(m => m.Name == model.Name || m.Title == model.Title)?.Name;
            SuiteCell? cell = _run.Cells.FirstOrDefault(c => c.Model == key && c.Batch == batch && c.Precision == precision && c.Modes.Count > 0);
            if (cell is null)
            {
                return null;
            }

            string there = CellFacts.Hardware(_run.Environment);
            bool same = SameHardware(environment, _run.Environment);
            var other = new SuitePublishedLatency(there, precision, batch, cell.Modes[0].LatencyMs.Median, $"run {_run.Id} ({_runPath})", _run.Environment.TensorRt, null);
            return Compare(other, latencyMs, same, here, there);
        }

        SuitePublishedLatency? published = model.PublishedLatencies
            .Where(l => l.Batch == batch && l.Precision == precision && (_gpu is null || l.Gpu == _gpu))
            .OrderBy(l => IsOf(environment, l.Gpu) ? -1 : Array.IndexOf(Gpus, l.Gpu))
            .FirstOrDefault();
        return published is null ? null : Compare(published, latencyMs, IsOf(environment, published.Gpu), here, published.Gpu);
    }

    /// <summary>A run with the comparisons of its cells made anew.</summary>
    public SuiteResults Of(SuiteResults run) => run with { Cells = [.. run.Cells.Select(c => c.Modes.Count == 0 ? c : c with { Comparison = Of(run, c) })] };

    private SuiteComparison? Of(SuiteResults run, SuiteCell cell) =>
        Of(run.Models.First(m => m.Name == cell.Model), cell.Batch, cell.Precision, run.Environment, cell.Modes[0].LatencyMs.Median);

    /// <summary>Hardware that figures may be compared on: the GPU, or without one the CPU.</summary>
    public static bool SameHardware(SuiteEnvironment a, SuiteEnvironment b) =>
        a.IsGpu == b.IsGpu && (a.IsGpu ? a.Device == b.Device : a.Cpu == b.Cpu && a.CpuCores == b.CpuCores);

    private static SuiteComparison Compare(SuitePublishedLatency with, double latencyMs, bool same, string here, string there)
    {
        double ratio = latencyMs / with.LatencyMs;
        string text = string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} times {with.LatencyMs:G5} ms of {there}");
        string caption = same ? $"{text}, measured on {here} as well" : $"{text}, but measured on {here}: different hardware, so this says nothing about the software";
        return new SuiteComparison(with, ratio, same, caption);
    }

    private static bool IsOf(SuiteEnvironment environment, string gpu) => environment.IsGpu && environment.Device.Contains(gpu, StringComparison.OrdinalIgnoreCase);
}
