using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Pinion.Hosting;

/// <summary>
/// The models being served, by name, from loading to freeing. Names are compared exactly. Owner of its models, and of the watchers of
/// their plans. Threads: any; a look-up takes no lock.
/// </summary>
/// <param name="loggers">Where the models log; null: nowhere.</param>
/// <param name="time">The clock of the watchers; null: the system's.</param>
public sealed class InferenceModels(ILoggerFactory? loggers = null, TimeProvider? time = null) : IAsyncDisposable
{
    private readonly ILoggerFactory _loggers = loggers ?? NullLoggerFactory.Instance;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, PlanSource> _sources = new(StringComparer.Ordinal);
    private volatile Dictionary<string, Entry> _models = new(StringComparer.Ordinal);
    private volatile bool _isLoading;

    /// <summary>All of them, in the order of their names.</summary>
    public IReadOnlyList<InferenceModel> All => [.. _models.Values.Select(e => e.Model).OrderBy(m => m.Name, StringComparer.Ordinal)];

    /// <summary>Whether a host still loads models, so that not all are here yet.</summary>
    public bool IsLoading
    {
        get => _isLoading;
        internal set => _isLoading = value;
    }

    /// <summary>Finds one.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out InferenceModel? model)
    {
        model = _models.TryGetValue(name, out Entry? entry) ? entry.Model : null;
        return model is not null;
    }

    /// <summary>Adds one, which is this object's from now on.</summary>
    /// <exception cref="ArgumentException">There is one of this name.</exception>
    public void Add(InferenceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Add(model, null);
    }

    /// <summary>Loads a model, built first where it has to be, and adds it. Where <see cref="ModelOptions.ReloadOnChange"/> says so, its file is watched from now on. Load one model
    /// after the other: what each measures of its batches would be disturbed by the loading of another.</summary>
    /// <inheritdoc cref="InferenceModel.LoadAsync(string, ModelOptions, ILogger?, CancellationToken)"/>
    /// <exception cref="ArgumentException">There is a model of this name, or an option does not fit the plan; the message has every problem.</exception>
    public async Task<InferenceModel> LoadAsync(string name, ModelOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);

        ArgumentException.ThrowIfNullOrEmpty(name);

        // A copy of what it needs, made before the load; the options are checked before that.
        _ = BatchingSettings.From(options);
        ILogger logger = _loggers.CreateLogger<InferenceModel>();
        var source = new PlanSource(name, options, logger);
        bool isTracked = _sources.TryAdd(name, source);

        // Before the load: a file that changes meanwhile is loaded again.
        var stamp = PlanStamp.Of(source.File);
        InferenceModel model;
        try
        {
            model = await InferenceModel.LoadAsync(name, options, logger, TimeProvider.System, cancellationToken, source).ConfigureAwait(false);
        }
        catch when (isTracked)
        {
            _sources.TryRemove(name, out _);
            throw;
        }

        PlanWatcher? watcher = options.ReloadOnChange
            ? new PlanWatcher(model, source, stamp, options.ReloadInterval, _loggers.CreateLogger<PlanWatcher>(), time ?? TimeProvider.System)
            : null;
        try
        {
            Add(model, watcher);
        }
        catch
        {
            watcher?.Dispose();
            await model.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        if (watcher is not null)
        {
            await watcher.StartAsync(CancellationToken.None).ConfigureAwait(false);
        }

        return model;
    }

    /// <summary>How far the build of a model's engine is, such as <c>is being built: 40 %, for 12 s</c>; null while there is none.</summary>
    public string? BuildState(string name) => _sources.GetValueOrDefault(name)?.Building;

    /// <summary>Why the file of a model that is watched is not what is served; null if it is, or is not watched.</summary>
    public string? PlanProblem(string name) => _models.GetValueOrDefault(name)?.Watcher?.Problem;

    /// <summary>Takes up no new plans any more; a swap that is under way is ended.</summary>
    public async Task StopWatchingAsync(CancellationToken cancellationToken = default)
    {
        foreach (Entry entry in _models.Values)
        {
            await (entry.Watcher?.StopAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        }
    }

    /// <summary>Stops watching, refuses new requests and finishes those that were accepted; those that are left when the token is cancelled
    /// are refused.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await StopWatchingAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(All.Select(m => m.StopAsync(cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>Stops at once: what runs is finished, what waits is refused. Then frees all models, which stay in the list.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Entry entry in _models.Values)
        {
            if (entry.Watcher is not null)
            {
                await entry.Watcher.StopAsync(CancellationToken.None).ConfigureAwait(false);
                entry.Watcher.Dispose();
            }

            await entry.Model.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Add(InferenceModel model, PlanWatcher? watcher)
    {
        lock (_gate)
        {
            // Look-ups go on in the one before.
            var after = new Dictionary<string, Entry>(_models, StringComparer.Ordinal);
            if (!after.TryAdd(model.Name, new Entry(model, watcher)))
            {
                throw new ArgumentException($"There is a model '{model.Name}' already: swap its plan, or choose another name.", nameof(model));
            }

            _models = after;
        }
    }

    private sealed record Entry(InferenceModel Model, PlanWatcher? Watcher);
}
