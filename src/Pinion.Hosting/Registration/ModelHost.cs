using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Pinion.Hosting;

/// <summary>
/// Loads the models before any other service of the host starts and stops them after all others have stopped: a web server
/// answers what it accepted before its models refuse. Owner of the models in <see cref="InferenceModels"/>.
/// </summary>
internal sealed partial class ModelHost(
    ModelRegistrations registrations, InferenceModels models, IOptionsMonitor<ModelOptions> options, ILoggerFactory loggers, TimeProvider time)
    : IHostedLifecycleService, IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("Pinion.Hosting");
    private readonly Dictionary<string, PlanWatcher> _watchers = new(StringComparer.Ordinal);
    private TensorRtLog? _log;
    private volatile bool _isLoaded;

    public IReadOnlyList<string> Names => registrations.Names;

    /// <summary>Whether all models are loaded and warm.</summary>
    public bool IsLoaded => _isLoaded;

    public InferenceModel Get(string name) => models.TryGet(name, out InferenceModel? model)
        ? model
        : throw new InvalidOperationException(
            $"Model '{name}' is not loaded yet: models are loaded when the host starts. What is made before that takes {nameof(InferenceModels)}"
            + " and asks it when a request comes.");

    /// <summary>Why a model's file is not what is served; null if it is, or is not watched.</summary>
    public string? PlanProblem(string name) => _isLoaded ? _watchers.GetValueOrDefault(name)?.Problem : null;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, ModelOptions> valid = Validate();
        _log = new TensorRtLog(loggers);
        var errors = new Dictionary<string, Exception>(StringComparer.Ordinal);
        foreach (string name in registrations.Names)
        {
            // One after the other: what each measures of its batches would be disturbed by the loading of another.
            try
            {
                await LoadAsync(name, valid[name], cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                await DisposeAsync().ConfigureAwait(false);
                throw;
            }
            catch (Exception e)
            {
                LogNotLoaded(_logger, e, name, valid[name].Plan);
                errors.Add(name, e);
            }
        }

        if (errors.Count > 0)
        {
            await DisposeAsync().ConfigureAwait(false);
            throw new ModelStartException(errors);
        }

        _isLoaded = true;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (PlanWatcher watcher in _watchers.Values)
        {
            await watcher.StartAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        foreach (PlanWatcher watcher in _watchers.Values)
        {
            await watcher.StopAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(models.All.Select(m => m.StopAsync(cancellationToken))).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PlanWatcher watcher in _watchers.Values)
        {
            await watcher.StopAsync(CancellationToken.None).ConfigureAwait(false);
            watcher.Dispose();
        }

        foreach (InferenceModel model in models.All)
        {
            await model.DisposeAsync().ConfigureAwait(false);
        }

        Interlocked.Exchange(ref _log, null)?.Dispose();
    }

    private async Task LoadAsync(string name, ModelOptions chosen, CancellationToken cancellationToken)
    {
        // Before the load: a file that changes meanwhile is loaded again.
        var stamp = PlanStamp.Of(chosen.Plan);
        ILogger logger = loggers.CreateLogger<InferenceModel>();
        InferenceModel model = await InferenceModel.LoadAsync(name, chosen, logger, cancellationToken).ConfigureAwait(false);
        models.Add(model);
        if (chosen.ReloadOnChange)
        {
            _watchers.Add(name, new PlanWatcher(model, stamp, chosen.ReloadInterval, loggers.CreateLogger<PlanWatcher>(), time));
        }
    }

    /// <summary>Options that cannot even be read are an error among the others.</summary>
    private Dictionary<string, ModelOptions> Validate()
    {
        var valid = new Dictionary<string, ModelOptions>(StringComparer.Ordinal);
        List<string> failures =
        [
            .. registrations.EmptySections.Select(
                s => $"The section '{s}' of the configuration has no models; add one, such as '{s}:rec:Plan', or do not call AddModels."),
        ];
        foreach (string name in registrations.Names)
        {
            try
            {
                valid.Add(name, options.Get(name));
            }
            catch (OptionsValidationException e)
            {
                failures.AddRange(e.Failures);
            }
            catch (InvalidOperationException e)
            {
                failures.Add($"Model '{name}': {e.Message}");
            }
        }

        return failures.Count == 0 ? valid : throw new OptionsValidationException("", typeof(ModelOptions), failures);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Model '{Model}' does not load from '{Plan}'.")]
    private static partial void LogNotLoaded(ILogger logger, Exception error, string model, string plan);
}
