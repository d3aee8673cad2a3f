using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Pinion.Hosting;

/// <summary>
/// Loads the models before any other service of the host starts and stops them after all others have stopped: a web server
/// answers what it accepted before its models refuse.
/// </summary>
internal sealed partial class ModelHost(
    ModelRegistrations registrations, InferenceModels models, IOptionsMonitor<ModelOptions> options, ILoggerFactory loggers)
    : IHostedLifecycleService, IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("Pinion.Hosting");
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

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, ModelOptions> valid = Validate();
        _log = new TensorRtLog(loggers);
        var errors = new Dictionary<string, Exception>(StringComparer.Ordinal);
        foreach (string name in registrations.Names)
        {
            try
            {
                await models.LoadAsync(name, valid[name], cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                await DisposeAsync().ConfigureAwait(false);
                throw;
            }
            catch (Exception e)
            {
                errors.Add(name, e);
                if (e is not (PinionException or ArgumentException or IOException))
                {
                    LogNotLoaded(_logger, e, name, valid[name].Plan);
                }
            }
        }

        if (errors.Count > 0)
        {
            await DisposeAsync().ConfigureAwait(false);
            throw new ModelStartException(errors);
        }

        _isLoaded = true;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => models.StopWatchingAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await models.StopAsync(cancellationToken).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
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
}
