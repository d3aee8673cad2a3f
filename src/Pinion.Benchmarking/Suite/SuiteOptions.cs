namespace Pinion.Benchmarking;

/// <summary>How a suite measures a cell.</summary>
public enum SuiteMethod
{
    /// <summary>200 ms of warm-up, then 3 s and at least 10 runs; one engine for all batches.</summary>
    TrtExec,

    /// <summary>2,100 runs without the first 100; an engine for each batch.</summary>
    PaddleClas,
}

/// <summary>
/// What a suite measures and where to. Null is what was not given: its default depends on the protocol, or is that of the run that
/// is resumed.
/// </summary>
/// <param name="Folder">Where results.json and everything beside it go: new, empty, or with <see cref="Resume"/> that of the run.</param>
public sealed record SuiteOptions(string Folder)
{
    private const double MaxCellSeconds = 604_800;

    /// <summary>So many on both sides show a tenth more where processes differ by 2 % (docs/suite.md).</summary>
    private const int DefaultProcesses = 7;

    private static readonly int[] PublishedBatches = [1, 4, 8];

    /// <summary>Paths of .onnx files, and patterns with * and ? over the names of <see cref="Source"/>. Default: all of the source.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>Models that have names; null where all are files.</summary>
    public ISuiteModelSource? Source { get; init; }

    /// <summary>Batch sizes. Default 1, 4 and 8; 1 with <see cref="Quick"/>.</summary>
    public IReadOnlyList<int>? Batches { get; init; }

    /// <summary>Default both; FP32 with <see cref="Quick"/>.</summary>
    public IReadOnlyList<Precision>? Precisions { get; init; }

    /// <summary>How a cell is measured. Default <see cref="SuiteMethod.TrtExec"/>.</summary>
    public SuiteMethod? Protocol { get; init; }

    /// <summary>
    /// What a cell is compared with: <c>v100</c>, <c>t4</c> or the folder of another run. Default: the published figures of the
    /// device, else of the nearest.
    /// </summary>
    public string? Compare { get; init; }

    /// <summary>
    /// Shapes of inputs whose dimensions beside the batch are dynamic: <c>x:1x3x48x320</c> for every model that has such an input,
    /// <c>MODEL.onnx=x:1x3x48x320</c> for one.
    /// </summary>
    public IReadOnlyList<string>? Shapes { get; init; }

    /// <summary>Seed of the inputs and of the weights that the source makes up. Default 0.</summary>
    public ulong? Seed { get; init; }

    /// <summary>
    /// What a cell may take with its engine's build and reference outputs, 1 s to a week. Default 30 min; 5 min with
    /// <see cref="Quick"/>, 4 h with <see cref="SuiteMethod.PaddleClas"/>.
    /// </summary>
    public TimeSpan? CellLimit { get; init; }

    /// <summary>
    /// Processes that measure a cell's first mode, 1 to 99. Only the first one's figures are the cell's; the others, which are short, say how much
    /// processes differ, which a comparison of runs needs to know: with fewer than four it cannot tell. Default 7; 1 without <see cref="Worker"/>.
    /// </summary>
    public int? Processes { get; init; }

    /// <summary>Shorter measurements. Default false.</summary>
    public bool? Quick { get; init; }

    /// <summary>Continue the run in the folder; what it has is not measured again. Its settings hold; those given must be the same, but for <see cref="Compare"/> and <see cref="CellLimit"/>.</summary>
    public bool Resume { get; init; }

    /// <summary>With <see cref="Resume"/>: measure cells again that ended without figures.</summary>
    public bool Retry { get; init; }

    /// <summary>Delete a model's engines when its cells are done, to save disk.</summary>
    public bool DeleteEngines { get; init; }

    /// <summary>
    /// The program that does each step in a process of its own, so that a crash, exhausted memory or a hang costs one cell. Null does
    /// them in this process: the results say so, a crash ends the run, and a build that does not stop is waited for.
    /// </summary>
    public SuiteWorkerCommand? Worker { get; init; }

    internal static string NameOf(SuiteMethod method) => method == SuiteMethod.PaddleClas ? SuiteProtocol.PaddleClas : SuiteProtocol.TrtExec;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Folder);
        if (Retry && !Resume)
        {
            throw new BenchmarkSettingException($"{BenchmarkSetting.Retry} goes with {BenchmarkSetting.Resume}.");
        }

        if (CellLimit is { TotalSeconds: < 1 or > MaxCellSeconds } limit)
        {
            throw new BenchmarkSettingException($"{BenchmarkSetting.CellLimit} {limit.TotalSeconds} is out of range; 1 to {MaxCellSeconds} s is possible.");
        }

        if (Processes is < 1 or > 99)
        {
            throw new BenchmarkSettingException($"{BenchmarkSetting.Processes} {Processes} is out of range; 1 to 99 is possible.");
        }

        if (Processes > 1 && Worker is null)
        {
            throw new BenchmarkSettingException($"{BenchmarkSetting.Processes} {Processes} needs {BenchmarkSetting.Worker}: without one everything is measured in this process.");
        }

        if (Batches is { } batches && (batches.Count == 0 || batches.Any(b => b < 1) || batches.Distinct().Count() < batches.Count))
        {
            throw new BenchmarkSettingException($"{BenchmarkSetting.Batches} {string.Join(',', batches)}: give at least one batch size, each from 1 and none twice.");
        }

        if (Precisions is { } precisions && (precisions.Count == 0 || precisions.Distinct().Count() < precisions.Count))
        {
            throw new BenchmarkSettingException($"{BenchmarkSetting.Precisions} {string.Join(',', precisions.Select(p => p.GetName()))}: give at least one, and none twice.");
        }
    }

    /// <summary>The settings with their defaults.</summary>
    internal SuiteProtocol ToProtocol()
    {
        bool quick = Quick ?? false;
        SuiteMethod method = Protocol ?? SuiteMethod.TrtExec;
        var protocol = new SuiteProtocol(
            NameOf(method), quick, [.. Batches ?? (quick ? [1] : PublishedBatches)],
            [.. Precisions?.Select(p => p.GetName()) ?? (quick ? [Benchmarking.Precisions.Fp32] : Benchmarking.Precisions.Names)], Compare,
            200, 3, 10, null, null, CellLimit?.TotalSeconds ?? (quick ? 300 : method == SuiteMethod.TrtExec ? 1800 : 14_400), Seed ?? 0, Shapes, Worker is null, Processes ?? (Worker is null ? 1 : DefaultProcesses));
        if (method == SuiteMethod.PaddleClas)
        {
            // PaddleClas: 2,100 runs, of which the first 100 are dropped.
            (int runs, int dropped) = quick ? (60, 10) : (2100, 100);
            return protocol with { WarmUpMs = 0, DurationSeconds = 0, Iterations = runs - dropped, Runs = runs, DroppedRuns = dropped };
        }

        return quick ? protocol with { WarmUpMs = 50, DurationSeconds = 0.5, Iterations = 5 } : protocol;
    }
}

/// <summary>Starts a program that calls <see cref="SuiteWorker.Run"/> with its standard input and does nothing else.</summary>
/// <param name="Program">The executable.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record SuiteWorkerCommand(string Program, params IReadOnlyList<string> Arguments);

/// <summary>Models that have names instead of files, such as those of a catalog. Threads: one at a time.</summary>
public interface ISuiteModelSource
{
    /// <summary>What stands before the names, such as <c>zoo:</c>.</summary>
    string Prefix { get; }

    /// <summary>The names without the prefix.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>What is known of a model; its name has the prefix.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    SuiteModel Describe(string name);

    /// <summary>Writes a model as one .onnx file, the same for the same name and seed.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="path">The file.</param>
    /// <param name="seed">Of weights that are made up.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    void Write(string name, string path, ulong seed, CancellationToken cancellationToken);
}
