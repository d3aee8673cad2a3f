namespace Pinion.Benchmarking;

/// <summary>
/// Measures models over precisions and batch sizes, each in every mode, into a folder: results.json after every cell, samples and
/// engines beside it, reports at the end. docs/suite.md describes all of it. A run that was stopped is continued by another suite
/// with <see cref="SuiteOptions.Resume"/>.
/// </summary>
public sealed class Suite
{
    private readonly SuiteOptions _options;
    private readonly IReadOnlyList<SuiteSubject> _subjects;
    private readonly SuiteResults? _resumed;
    private readonly SuiteProtocol _protocol;
    private readonly Comparison _comparison;

    /// <summary>Finds the models and checks the settings; nothing is measured or written yet.</summary>
    /// <param name="options">What to measure.</param>
    /// <exception cref="BenchmarkSettingException">A setting is wrong, or names no model.</exception>
    /// <exception cref="SuiteResultsException">The folder has no run to resume, or one of other settings.</exception>
    /// <exception cref="BenchmarkException">A model's file does not exist.</exception>
    public Suite(SuiteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _ = new CellShapes(options.Shapes ?? []);
        _options = options;
        _resumed = options.Resume && File.Exists(Path.Combine(options.Folder, SuiteResults.FileName)) ? SuiteResults.Load(options.Folder) : null;
        IReadOnlyList<SuiteSubject>? asked = _resumed is null || options.Models is not null ? SuiteModels.Resolve(options.Models ?? [], options.Source) : null;
        _protocol = _resumed is null ? options.ToProtocol() : ResumeCheck.Protocol(_resumed, options, asked?.Select(s => s.Model.Name).ToArray());
        _subjects = asked ?? SuiteModels.Resolve([.. _resumed!.Models.Select(m => m.Name)], options.Source);
        _comparison = Comparison.Parse(_protocol.Compare);
    }

    /// <summary>What the run will need, as far as that can be told before it.</summary>
    public SuiteEstimate Estimate() => SuiteEstimate.Of(_options, _protocol, _subjects, _resumed);

    /// <summary>
    /// Measures what is to be measured and writes the reports. Blocks until all of it is done; what happens to a cell is in the
    /// results and no exception. Threads: one at a time.
    /// </summary>
    /// <param name="progress">Hears of each step; null if nobody needs to.</param>
    /// <param name="cancellationToken">Stops the run: cells that are done are in the folder, with their reports.</param>
    /// <exception cref="BenchmarkSettingException">Shapes are missing or fit no model.</exception>
    /// <exception cref="SuiteResultsException">The folder is something else's, in use, or of a run on another machine or of other versions.</exception>
    /// <exception cref="BenchmarkException">The machine cannot be described, or the worker cannot be started.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public SuiteResults Run(ISuiteProgress? progress = null, CancellationToken cancellationToken = default)
    {
        progress ??= new NoProgress();
        using var folder = SuiteFolder.Open(_options.Folder, _options.Resume);
        IWorker worker = _options.Worker is { } command ? new WorkerProcess(command, folder.Answers, progress) : new WorkerInProcess();
        var runner = new SuiteRunner(folder, _options, _protocol, _subjects, _resumed, _comparison, worker, progress, cancellationToken);
        try
        {
            runner.Run();
        }
        catch (OperationCanceledException)
        {
            folder.DeleteUnfinished();
            SuiteReport.Write(runner.Results, folder.Root);
            throw;
        }

        SuiteReport.Write(runner.Results, folder.Root);
        return runner.Results;
    }

    private sealed class NoProgress : ISuiteProgress;
}
