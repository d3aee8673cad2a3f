using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Pinion.Hosting;

/// <summary>
/// Loads the models before any other service of the host starts and stops them after all others have stopped: a web server
/// answers what it accepted before its models refuse. Where the builder says so, it loads them while the others start and work.
/// </summary>
internal sealed partial class ModelHost(
    ModelRegistrations registrations, InferenceModels models, IOptionsMonitor<ModelOptions> options, ILoggerFactory loggers, IHostApplicationLifetime? lifetime)
    : IHostedLifecycleService, IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("Pinion.Hosting");
    private readonly CancellationTokenSource _ending = new();
    private TensorRtLog? _log;
    private Task _loading = Task.CompletedTask;
    private volatile string? _failure;
    private volatile bool _isLoaded;

    public IReadOnlyList<string> Names => registrations.Names;

    /// <summary>Whether all models are loaded and warm.</summary>
    public bool IsLoaded => _isLoaded;

    /// <summary>Why models that were loaded in the background are not served; null where they are, or will be.</summary>
    public string? Failure => _failure;

    public InferenceModel Get(string name) => models.TryGet(name, out InferenceModel? model)
        ? model
        : throw new InvalidOperationException(
            $"Model '{name}' is not loaded yet{(models.BuildState(name) is { } state ? $", it {state}" : "")}: models are loaded when the host starts"
            + $"{(registrations.LoadInBackground ? ", in the background" : "")}. What is made before that takes {nameof(InferenceModels)} and asks it when a request comes.");

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, ModelOptions> valid = Validate();
        _log = new TensorRtLog(loggers);
        models.IsLoading = true;
        if (registrations.LoadInBackground)
        {
            _loading = Task.Run(() => LoadInBackgroundAsync(valid), CancellationToken.None);
            return;
        }

        try
        {
            await LoadAsync(valid, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await FreeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <exception cref="ModelStartException">With every model's error.</exception>
    private async Task LoadAsync(Dictionary<string, ModelOptions> valid, CancellationToken cancellationToken)
    {
        var errors = new Dictionary<string, Exception>(StringComparer.Ordinal);
        foreach (string name in registrations.Names)
        {
            try
            {
                await models.LoadAsync(name, valid[name], cancellationToken).ConfigureAwait(false);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                // A build that is ended from outside while the host stops is no failure of the model.
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (Exception e)
            {
                errors.Add(name, e);
                if (registrations.LoadInBackground || e is not (PinionException or ArgumentException or IOException))
                {
                    LogNotLoaded(_logger, e, name, valid[name].Onnx.Length > 0 ? valid[name].Onnx : valid[name].Plan);
                }
            }
        }

        if (errors.Count > 0)
        {
            throw new ModelStartException(errors);
        }

        models.IsLoading = false;
        _isLoaded = true;
    }

    private async Task LoadInBackgroundAsync(Dictionary<string, ModelOptions> valid)
    {
        try
        {
            await LoadAsync(valid, _ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The host stops.
        }
        catch (Exception e)
        {
            // As a start that fails: a service without its models is of no use. What is loaded answers what it has accepted until the host has stopped.
            _failure = e.Message;
            LogStops(_logger, e.Message);
            Environment.ExitCode = 1;
            lifetime?.StopApplication();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await EndLoadingAsync().ConfigureAwait(false);
        await models.StopWatchingAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await models.StopAsync(cancellationToken).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await EndLoadingAsync().ConfigureAwait(false);
        _ending.Dispose();
        await FreeAsync().ConfigureAwait(false);
    }

    private async Task EndLoadingAsync()
    {
        if (!_ending.IsCancellationRequested)
        {
            await _ending.CancelAsync().ConfigureAwait(false);
        }

        await _loading.ConfigureAwait(false);
    }

    private async Task FreeAsync()
    {
        await models.DisposeAsync().ConfigureAwait(false);
        Interlocked.Exchange(ref _log, null)?.Dispose();
    }

    /// <exception cref="OptionsValidationException">With every problem of every model.</exception>
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
                // From what the service binds to the options itself.
                failures.Add($"Model '{name}': {e.Message}");
            }
        }

        if (failures.Count == 0)
        {
            return valid;
        }

        failures.AddRange(valid.SelectMany(v => ModelOptionsProblems.FindMisfits(v.Value).Select(p => $"Model '{v.Key}': {p}")));
        throw new ModelOptionsException(failures);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Model '{Model}' does not load from '{Plan}'.")]
    private static partial void LogNotLoaded(ILogger logger, Exception error, string model, string plan);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The host stops, since models do not load:\n{Problems}")]
    private static partial void LogStops(ILogger logger, string problems);
}
