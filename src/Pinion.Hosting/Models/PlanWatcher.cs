using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Pinion.Hosting;

/// <summary>
/// Swaps a model's plan when its file changes, without dropping a request; where the file is an ONNX model, its engine is built first. It looks at length and time of the file; a change counts
/// when the file has stayed as it is from one look to the next, so that half a file is not loaded. A plan that does not load leaves
/// the old one in place and is tried again only when the file changes again. Owner: whoever made it; the model is not its own.
/// Threads: any.
/// </summary>
public sealed partial class PlanWatcher : BackgroundService
{
    /// <summary>What a timer can count.</summary>
    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(24);

    private readonly InferenceModel _model;
    private readonly PlanSource? _source;
    private readonly TimeSpan _interval;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private PlanStamp _served;
    private PlanStamp _last;
    private volatile string? _problem;

    /// <summary>Watches the file that the model is served from, from its present state on.</summary>
    /// <param name="model">The model.</param>
    /// <param name="interval">How often the file is looked at; above zero, 24 days at most.</param>
    /// <param name="logger">Told of every swap, and of plans that do not load.</param>
    public PlanWatcher(InferenceModel model, TimeSpan interval, ILogger? logger = null)
        : this(model, null, PlanStamp.Of((model ?? throw new ArgumentNullException(nameof(model))).Plan), interval, logger, TimeProvider.System)
    {
    }

    /// <param name="model">The model.</param>
    /// <param name="source">Where its plans come from; null: from the file that it is served from.</param>
    /// <param name="served">The file as it was when it was loaded.</param>
    /// <param name="interval">How often the file is looked at.</param>
    /// <param name="logger">As above.</param>
    /// <param name="time">The clock.</param>
    internal PlanWatcher(InferenceModel model, PlanSource? source, PlanStamp served, TimeSpan interval, ILogger? logger, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, LongestInterval);
        _model = model;
        _source = source is { IsBuilt: true } ? source : null;
        _interval = interval;
        _logger = logger ?? NullLogger.Instance;
        _time = time;
        _served = _last = served;
    }

    /// <summary>Why the file as it is now is not what is being served; null if it is.</summary>
    public string? Problem => _problem;

    private string What => _source is null ? "plan's file" : "ONNX file";

    /// <summary>One look at the file, and the swap if it is due.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = PlanStamp.Of(_source?.File ?? _model.Plan);
        if (now.Path != _served.Path)
        {
            // Somebody else has swapped the plan for another file.
            _served = _last = now;
            _problem = null;
            return;
        }

        bool isSettled = now == _last;
        _last = now;
        if (now == _served || !isSettled)
        {
            return;
        }

        _served = now;
        if (!now.Exists)
        {
            _problem = $"The {What} '{now.Path}' is gone; the plan that was loaded from it is still served.";
            LogGone(_logger, _model.Name, What, now.Path);
            return;
        }

        try
        {
            await _model.SwapAsync(_source ?? PlanSource.OfFile(now.Path), null, cancellationToken).ConfigureAwait(false);
            _problem = null;
            LogSwapped(_logger, _model.Name, What, now.Path);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception) when (_model.State == ModelState.Stopped)
        {
            // Nobody needs the new plan any more.
        }
        catch (Exception e)
        {
            _problem = $"The {What} '{now.Path}' has changed and does not load; the plan before it is still served: {e.Message}";
            LogNotSwapped(_logger, e, _model.Name, What, now.Path);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false) && _model.State != ModelState.Stopped)
            {
                await LookAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Model '{Model}' is served from the new {What} '{File}'.")]
    private static partial void LogSwapped(ILogger logger, string model, string what, string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "Model '{Model}': the new {What} '{File}' does not load; the plan before it is still served.")]
    private static partial void LogNotSwapped(ILogger logger, Exception error, string model, string what, string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "Model '{Model}': the {What} '{File}' is gone; the plan loaded from it is still served.")]
    private static partial void LogGone(ILogger logger, string model, string what, string file);
}
