using System.Diagnostics;
using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>Measures cell by cell and keeps results.json current after every one.</summary>
internal sealed class SuiteRunner
{
    /// <summary>The first mode is the one that waterfall, accuracy, roofline and comparison are of.</summary>
    internal static readonly (string Name, bool Graph, int Sessions)[] Modes = [("graph-1", true, 1), ("plain-1", false, 1), ("graph-2", true, 2)];

    /// <summary>A further process measures for so much of the first one's time, but long enough to see other load.</summary>
    private const double AgainPart = 0.1;
    private const double LeastAgainSeconds = 0.2;
    private const int LeastAgainRuns = 3;

    private static readonly TimeSpan ProbeLimit = TimeSpan.FromMinutes(2);

    private readonly SuiteFolder _folder;
    private readonly SuiteOptions _options;
    private readonly IReadOnlyList<SuiteSubject> _subjects;
    private readonly Comparison _comparison;
    private readonly ISuiteProgress _progress;
    private readonly CancellationToken _token;
    private readonly IWorker _worker;
    private readonly EngineStore _engines;
    private readonly Dictionary<string, (string? Folder, string? Problem)> _references = [];
    private SuiteEnvironment? _hostEnvironment;

    public SuiteRunner(
        SuiteFolder folder, SuiteOptions options, SuiteProtocol protocol, IReadOnlyList<SuiteSubject> subjects, SuiteResults? resumed,
        Comparison comparison, IWorker worker, ISuiteProgress progress, CancellationToken token)
    {
        _folder = folder;
        _options = options;
        _subjects = subjects;
        _comparison = comparison;
        _progress = progress;
        _token = token;
        _worker = worker;
        _engines = new EngineStore(folder.Engines, worker);
        Results = Begin(protocol, resumed);
    }

    public SuiteResults Results { get; private set; }

    private SuiteProtocol Protocol => Results.Protocol;

    private IReadOnlyList<string> Shapes => Protocol.Shapes ?? [];

    /// <exception cref="OperationCanceledException">Stopped; what is measured is in results.json.</exception>
    public void Run()
    {
        IReadOnlyList<PlannedCell> cells = SuitePlan.Cells(_subjects, Protocol);
        _progress.Begin(cells.Count, Results.Cells);
        foreach (IGrouping<SuiteSubject, PlannedCell> group in cells.GroupBy(c => c.Subject))
        {
            PlannedCell[] pending = [.. group.Where(c => !Results.Cells.Any(done => done.Key == c.Key))];
            if (pending.Length > 0)
            {
                RunModel(group.Key, pending);
            }
        }

        Save(Results with { Complete = true });
    }

    private SuiteResults Begin(SuiteProtocol protocol, SuiteResults? resumed)
    {
        string[] files = [.. _subjects.Where(s => s.File is not null).Select(s => s.File!)];
        WorkerAnswer answer = _worker.Run(
            new WorkerRequest("", Probe: new ProbeRequest(MeasurePeak: resumed is null, files, protocol.Shapes ?? [])), ProbeLimit, _token);
        if (answer.Probe is not { } probe)
        {
            throw new BenchmarkException($"this machine cannot be described: {answer.Problem}");
        }

        if (probe.ShapeProblem is { } problem)
        {
            throw new BenchmarkSettingException($"{problem}");
        }

        if (probe.UnmatchedShapes is [var unmatched, ..])
        {
            throw new BenchmarkSettingException($"{BenchmarkSetting.Shapes} {unmatched}: no model of this run has such an input.");
        }

        DateTimeOffset now = DateTimeOffset.UtcNow;
        if (resumed is null)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{Random.Shared.Next(0x10000):x4}");
            var results = new SuiteResults(SuiteResults.CurrentSchemaVersion, id, now, now, false, protocol, probe.Environment, [.. _subjects.Select(s => s.Model)], []);
            // First of all: a folder without it would be taken for something else's.
            results.Save(_folder.Root);
            _folder.CreateFolders();
            return results;
        }

        ResumeCheck.Environment(resumed, probe.Environment);
        _folder.CreateFolders();
        SuiteCell[] kept = [.. resumed.Cells.Where(c => !_options.Retry || c.Status == CellStatus.Measured)];
        return _comparison.Of(resumed with { Protocol = protocol, Updated = now, Complete = false, Cells = kept });
    }

    private void RunModel(SuiteSubject subject, PlannedCell[] pending)
    {
        string? exported = subject.SourceName is null ? null : Path.Combine(_folder.Models, subject.Slug + ".onnx");
        try
        {
            (string? file, string? problem) = Prepare(subject, exported);
            foreach (PlannedCell cell in pending)
            {
                _token.ThrowIfCancellationRequested();
                _progress.Working(cell.Key);
                var watch = Stopwatch.StartNew();
                SuiteCell result = file is null ? Bare(cell, CellStatus.Failed, problem!) : Measure(cell, file);
                result = result with { CellSeconds = watch.Elapsed.TotalSeconds };
                Save(Results with { Cells = [.. Results.Cells, result] });
                _progress.Finished(result);
            }
        }
        finally
        {
            // An exported model can be written again from its name and the seed; kept, those of a whole suite take gigabytes.
            if (exported is not null)
            {
                File.Delete(exported);
            }
        }

        if (_options.DeleteEngines)
        {
            _engines.Delete(subject.Slug);
        }
    }

    /// <summary>Makes the model's file ready, and fills in what its description lacks.</summary>
    private (string? File, string? Problem) Prepare(SuiteSubject subject, string? exported)
    {
        try
        {
            if (exported is not null)
            {
                _progress.Working($"{subject.Model.Name}: writing the model");
                _options.Source!.Write(subject.SourceName!, exported, Protocol.Seed, _token);
            }

            string file = exported ?? subject.File!;
            SuiteModel known = Results.Models.First(m => m.Name == subject.Model.Name);
            string sha256 = SuiteModels.Hash(file);
            ResumeCheck.Model(Results, known.Name, known.Sha256, sha256);
            ModelCounts? counts = known.ConvMacs is null ? TryCount(file, new CellShapes(Shapes).OneImage(file)) : null;
            SuiteModel described = counts is null ? known with { Sha256 = sha256 } : known with
            {
                Sha256 = sha256,
                Parameters = known.Parameters ?? counts.Parameters,
                ConvMacs = counts.ConvMacs,
                LinearMacs = counts.LinearMacs,
                AttentionMacs = counts.AttentionMacs,
                CountProblem = counts.Problem,
            };
            Results = Results with { Models = [.. Results.Models.Select(m => m.Name == described.Name ? described : m)] };
            return (file, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"the model's file: {e.Message}");
        }
    }

    private SuiteCell Measure(PlannedCell cell, string file)
    {
        var watch = Stopwatch.StartNew();
        var limit = TimeSpan.FromSeconds(Protocol.CellLimitSeconds);
        string sha256 = Results.Models.First(m => m.Name == cell.Subject.Model.Name).Sha256!;
        StoredEngine engine = _engines.Get(
            Results.Environment, cell.Subject.Slug, file, sha256, cell.Precision, BatchesOf(cell), Shapes, limit, _token);
        if (engine.Build is null)
        {
            return Bare(cell, engine.Status, engine.Problem!);
        }

        (string? reference, string? referenceProblem) = Reference(cell, file, sha256, limit - watch.Elapsed);
        ModeRequest[] modes = [.. Modes.Select(m => Request(cell, m, ""))];
        var request = new MeasureRequest(
            engine.Plan, file, Shapes, cell.Batch, Protocol.Seed, Protocol.WarmUpMs, Protocol.DurationSeconds, Protocol.Iterations, Protocol.DroppedRuns ?? 0,
            modes, reference, CellFacts.ReferenceText(Results.Environment, cell.Precision));
        WorkerAnswer answer = _worker.Run(new WorkerRequest("", Measure: request), limit - watch.Elapsed, _token);
        if (answer.Measure is not { } measured)
        {
            return Bare(cell, answer.Status, $"measuring: {answer.Problem}") with { Build = engine.Build };
        }

        (IReadOnlyList<SuiteProcess> others, string? processProblem) = MeasureAgain(cell, request, () => limit - watch.Elapsed);
        SuiteMode first = measured.Modes[0] with { Processes = [.. measured.Modes[0].Processes ?? [], .. others] };
        string[] warnings = processProblem is null ? [] : [processProblem];
        measured = measured with { Modes = [first, .. measured.Modes.Skip(1)], Warnings = [.. measured.Warnings, .. warnings] };
        return Measured(cell, file, engine.Build, measured, referenceProblem);
    }

    private ModeRequest Request(PlannedCell cell, (string Name, bool Graph, int Sessions) mode, string suffix)
    {
        string file = $"{cell.Key}-{mode.Name}{suffix}.bin";
        return new ModeRequest(mode.Name, mode.Graph, mode.Sessions, Path.Combine(_folder.Samples, file), $"{Path.GetFileName(_folder.Samples)}/{file}");
    }

    /// <summary>How long a further process measures where the first one measures so long; 0 where runs are counted.</summary>
    internal static double AgainSeconds(double firstSeconds) => firstSeconds > 0 ? Math.Max(firstSeconds * AgainPart, LeastAgainSeconds) : 0;

    /// <summary>The first mode in further processes, briefly: two runs differ as processes do, which the samples of one cannot tell.</summary>
    private (IReadOnlyList<SuiteProcess> Processes, string? Problem) MeasureAgain(PlannedCell cell, MeasureRequest first, Func<TimeSpan> timeLeft)
    {
        var processes = new List<SuiteProcess>();
        for (int number = 2; number <= Protocol.Processes; number++)
        {
            _progress.Working($"{cell.Key}: process {number} of {Protocol.Processes}");
            MeasureRequest again = first with
            {
                DurationSeconds = AgainSeconds(first.DurationSeconds),
                Iterations = Math.Max((int)(first.Iterations * AgainPart), LeastAgainRuns),
                Modes = [Request(cell, Modes[0], $"-{number}")],
                ReferenceFolder = null,
            };
            WorkerAnswer answer = _worker.Run(new WorkerRequest("", Measure: again), timeLeft(), _token);
            if (answer.Measure is not { } measured)
            {
                string problem = string.Create(CultureInfo.InvariantCulture, $"process {number} of {Protocol.Processes} that were to measure {Modes[0].Name} has no figures: {answer.Problem}");
                return (processes, problem);
            }

            processes.AddRange(measured.Modes[0].Processes ?? []);
        }

        return (processes, null);
    }

    private SuiteCell Measured(PlannedCell cell, string file, SuiteBuild build, MeasureAnswer measured, string? referenceProblem)
    {
        SuiteEnvironment environment = Results.Environment;
        SuiteMode first = measured.Modes[0];
        ModelCounts? counts = TryCount(file, measured.InputShapes.ToDictionary(i => i.Name, i => i.Shape));
        bool half = CellFacts.ComputesHalf(environment, cell.Precision);
        var warnings = new List<string>(measured.Warnings);
        if (!environment.IsGpu && cell.Precision == Precisions.Fp16)
        {
            warnings.Add("FP16 was asked for; the host SDK computes in FP32.");
        }

        if (Protocol.InProcess)
        {
            warnings.Add("measured in the process of the suite: memory, garbage collections and clocks are also those of what else it does.");
        }

        if (referenceProblem is not null)
        {
            warnings.Add($"accuracy is not known: {referenceProblem}");
        }

        SuiteRoofline? roofline = counts is null
            ? null
            : Roofline.Of(counts, measured.InputBytes + measured.OutputBytes, half, environment.Peak, first.GpuComputeMs.Median);
        if (roofline is { Fraction: > 1 })
        {
            warnings.Add("faster than the roofline: the peaks that were taken for this device are too low.");
        }

        return Bare(cell, CellStatus.Measured, null) with
        {
            Build = build,
            Memory = measured.Memory,
            Modes = measured.Modes,
            Waterfall = measured.Waterfall,
            Accuracy = measured.Accuracy,
            Roofline = roofline,
            Comparison = _comparison.Of(cell.Subject.Model, cell.Batch, cell.Precision, environment, first.LatencyMs.Median),
            Warnings = warnings,
        };
    }

    /// <summary>The folder of the host SDK's outputs in FP32, made once for all precisions.</summary>
    private (string? Folder, string? Problem) Reference(PlannedCell cell, string file, string sha256, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        bool here = Results.Environment.Sdk == Sdk.Host;
        (string Name, string Value)[] host = here ? [] : [("PINION_SDK", Sdk.Host.GetName())];
        SuiteEnvironment? environment = here ? Results.Environment : HostEnvironment(host);
        if (environment is null)
        {
            return (null, "the host SDK does not work here.");
        }

        string key = EngineStore.Hash(
            [sha256, $"{cell.Batch}", $"{Protocol.Seed}", string.Join('\n', Shapes), environment.TensorRt, environment.OnnxRuntime ?? "", environment.Pinion, environment.Commit]);
        string folder = Path.Combine(_folder.Reference, $"{cell.Subject.Slug}-b{cell.Batch}-{key}");
        if (Directory.Exists(folder))
        {
            return (folder, null);
        }

        if (!_references.TryGetValue(folder, out (string? Folder, string? Problem) known))
        {
            _progress.Working($"{cell.Key}: reference outputs");
            StoredEngine engine = _engines.Get(
                environment, cell.Subject.Slug, file, sha256, Precisions.Fp32, BatchesOf(cell), Shapes, limit, _token, host);
            known = (null, engine.Problem);
            if (engine.Build is not null)
            {
                var request = new ReferenceRequest(engine.Plan, file, Shapes, cell.Batch, Protocol.Seed, folder);
                WorkerAnswer answer = _worker.Run(new WorkerRequest("", Reference: request), limit - watch.Elapsed, _token, host);
                known = answer.Status == CellStatus.Measured ? (folder, null) : (null, answer.Problem);
            }

            _references[folder] = known;
        }

        return known;
    }

    private SuiteEnvironment? HostEnvironment((string Name, string Value)[] host) => _hostEnvironment ??=
        _worker.Run(new WorkerRequest("", Probe: new ProbeRequest(MeasurePeak: false, [], [])), ProbeLimit, _token, host).Probe?.Environment;

    /// <summary>One engine for all batches, but one for each in PaddleClas' way of measuring, where the batch is fixed.</summary>
    private int[] BatchesOf(PlannedCell cell) => Protocol.Name == SuiteProtocol.PaddleClas ? [cell.Batch] : Protocol.Batches;

    private static ModelCounts? TryCount(string file, Dictionary<string, TensorShape> shapes)
    {
        try
        {
            return ModelCounter.Count(file, shapes);
        }
        catch (ArgumentException) when (shapes.Count > 0)
        {
            // Shapes that are meant for other models; this one has its own.
            return TryCount(file, new Dictionary<string, TensorShape>());
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or IOException)
        {
            return null;
        }
    }

    private SuiteCell Bare(PlannedCell cell, CellStatus status, string? problem) => new(
        cell.Key, cell.Subject.Model.Name, cell.Batch, cell.Precision, status, problem, CellFacts.RanOn(Results.Environment),
        CellFacts.ComputedIn(Results.Environment, cell.Precision), 0, null, null, [], null, null, null, null, []);

    private void Save(SuiteResults results)
    {
        Results = results with { Updated = DateTimeOffset.UtcNow };
        Results.Save(_folder.Root);
    }
}
