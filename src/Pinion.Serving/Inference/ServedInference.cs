using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>
/// Inference as a server offers it, whatever the protocol: models by name and version, a bound on what goes on at once, failures
/// in words for clients. The REST endpoints use nothing else, and neither would a gRPC service. Threads: any.
/// </summary>
public sealed class ServedInference
{
    private readonly ILogger _logger;
    private readonly int _maxConcurrent;
    private int _inFlight;
    private volatile bool _stopping;
    private volatile bool _starting;

    /// <summary>Makes one.</summary>
    /// <param name="models">The models; more may be added.</param>
    /// <param name="options">Limits.</param>
    /// <param name="logger">Where failures go with everything that clients are not told.</param>
    public ServedInference(InferenceModels models, ServingOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Models = models;
        _maxConcurrent = options.MaxConcurrentRequests;
        _logger = logger ?? NullLogger.Instance;
    }

    /// <summary>The models.</summary>
    public InferenceModels Models { get; }

    /// <summary>Requests between <see cref="Enter"/> and its end.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Set while models are still being loaded: the server is alive and not ready.</summary>
    public bool IsStarting
    {
        get => _starting;
        set => _starting = value;
    }

    /// <summary>Whether new requests are refused for good.</summary>
    public bool IsStopping => _stopping;

    /// <summary>Whether every model answers.</summary>
    public bool IsReady => !IsLoading && !_stopping && Models.All is { Count: > 0 } all && all.All(Answers);

    private bool IsLoading => _starting || Models.IsLoading;

    /// <summary>Whether a model answers: all of it, or a part of its instances.</summary>
    public bool Answers(InferenceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return !_stopping && model.State is ModelState.Ready or ModelState.Degraded;
    }

    /// <summary>Refuses new requests from now on; those that have entered go on.</summary>
    public void Stop() => _stopping = true;

    /// <summary>Finds a model.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version; null: the one being served.</param>
    /// <exception cref="ServingException">There is none.</exception>
    public InferenceModel Find(string name, string? version)
    {
        if (!Models.TryGet(name, out InferenceModel? model))
        {
            throw new ServingException(ServingError.NotFound, $"There is no model {ClientText.Quote(name)}{(IsLoading ? " yet: models are being loaded" : "")}.");
        }

        return version is null || version == model.Version ? model : throw new ServingException(
            ServingError.NotFound, $"Version {ClientText.Quote(version)} of model '{model.Name}' is not served; version '{model.Version}' is.");
    }

    /// <summary>Takes a place among the requests in flight, until disposed.</summary>
    /// <exception cref="ServingException">All places are taken, or the server is stopping.</exception>
    public Place Enter()
    {
        int inFlight = Interlocked.Increment(ref _inFlight);
        var place = new Place(this);
        if (_stopping)
        {
            place.Dispose();
            throw new ServingException(ServingError.Unavailable, "The server is stopping.");
        }

        if (inFlight > _maxConcurrent)
        {
            place.Dispose();
            throw new ServingException(ServingError.Busy, $"{_maxConcurrent} requests are in flight, the most that this server takes; try again later.");
        }

        return place;
    }

    /// <summary>Runs a request.</summary>
    /// <param name="model">From <see cref="Find"/>.</param>
    /// <param name="inputs">Every input once; the memory behind is read until the answer.</param>
    /// <param name="options">Deadline and priority.</param>
    /// <param name="token">The client's leaving.</param>
    /// <exception cref="ServingException">The request is wrong or refused, or the inference failed.</exception>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    public ValueTask<InferenceResult> InferAsync(
        InferenceModel model, ReadOnlySpan<TensorInput> inputs, RequestOptions options = default, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        try
        {
            return Translated(model, model.InferAsync(inputs, options, token));
        }
        catch (Exception e) when (InWords(model, e) is { } translated)
        {
            throw translated;
        }
    }

    private async ValueTask<InferenceResult> Translated(InferenceModel model, ValueTask<InferenceResult> pending)
    {
        try
        {
            return await pending.ConfigureAwait(false);
        }
        catch (Exception e) when (InWords(model, e) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>What the client is told; null for what is no failure of a request.</summary>
    private ServingException? InWords(InferenceModel model, Exception exception)
    {
        switch (exception)
        {
            case ArgumentException:
                return new ServingException(ServingError.BadRequest, ClientText.WithoutParameter(exception.Message), exception);
            case RequestRefusedException refused:
                return refused.Reason switch
                {
                    RefusalReason.QueueFull => new ServingException(ServingError.Busy, $"The queue of model '{model.Name}' is full; try again later.", exception),
                    RefusalReason.Deadline => new ServingException(ServingError.Unavailable, $"Model '{model.Name}' cannot answer within the request's timeout.", exception),
                    RefusalReason.Stopping => new ServingException(ServingError.Unavailable, $"Model '{model.Name}' is stopping.", exception),
                    _ => new ServingException(ServingError.Unavailable, $"No instance of model '{model.Name}' works at the moment; try again later.", exception),
                };
            case PinionException { Status: PinionStatus.OutOfMemory or PinionStatus.DeviceOutOfMemory } memory:
                Log.InferenceFailed(_logger, memory, model.Name, memory.Status);
                return new ServingException(ServingError.Unavailable, $"Memory is exhausted: model '{model.Name}' could not run the request; try again later.", exception);
            case PinionException failed:
                Log.InferenceFailed(_logger, failed, model.Name, failed.Status);
                return new ServingException(ServingError.Failed, $"The inference of model '{model.Name}' failed ({failed.Status}); the server's log says why.", exception);
            case ObjectDisposedException:
                return new ServingException(ServingError.Unavailable, $"Model '{model.Name}' is stopping.", exception);
            default:
                return null;
        }
    }

    /// <summary>A place among the requests in flight. Owner: the request, which disposes it once.</summary>
    public sealed class Place : IDisposable
    {
        private ServedInference? _of;

        internal Place(ServedInference of) => _of = of;

        /// <summary>Leaves it to others.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _of, null) is { } of)
            {
                Interlocked.Decrement(ref of._inFlight);
            }
        }
    }
}
