using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Pinion.Hosting;

/// <summary>
/// A plan being served: many callers, one queue, batches over one or more instances. Owner: whoever loaded it, who disposes it.
/// Threads: any.
/// </summary>
public sealed class InferenceModel : IAsyncDisposable
{
    private readonly Scheduler _scheduler;

    private InferenceModel(Scheduler scheduler) => _scheduler = scheduler;

    /// <summary>Its name.</summary>
    public string Name => _scheduler.Name;

    /// <summary>The version being served; changes with a swap.</summary>
    public string Version => _scheduler.Version.Name;

    /// <summary>The plan's file; changes with a swap.</summary>
    public string Plan => _scheduler.Version.Plan;

    /// <summary>The inputs; the first dimension is -1 where requests may carry a batch.</summary>
    public IReadOnlyList<TensorInfo> Inputs => _scheduler.Version.Rules.Inputs;

    /// <summary>The outputs, likewise.</summary>
    public IReadOnlyList<TensorInfo> Outputs => _scheduler.Version.Rules.Outputs;

    /// <summary>The shapes that a request's inputs may have, in the order of <see cref="Inputs"/>: what the profile, <see cref="ModelOptions.MaxBatch"/> and the
    /// padding admit, the rows of the request as the first dimension where requests share batches.</summary>
    public IReadOnlyList<ShapeRange> InputRanges => _scheduler.Version.Rules.Admitted;

    /// <summary>The most rows in a batch, and so in a request; 0 if the plan has no batch dimension, or outputs that do not follow
    /// it: then each request is run alone.</summary>
    public int MaxBatch => _scheduler.Version.Rules is { IsBatched: true } rules ? rules.Sizes.Max : 0;

    /// <summary>Whether it answers, and how well.</summary>
    public ModelState State => _scheduler.State;

    /// <summary>Why the state is not <see cref="ModelState.Ready"/>; null if it is.</summary>
    public string? StateReason => _scheduler.StateReason;

    /// <summary>Median latency of each batch size at the first warm shape, measured when the plan was warmed.</summary>
    public IReadOnlyDictionary<int, TimeSpan> BatchLatencies => _scheduler.Version.BatchLatencies;

    /// <summary>What has happened so far.</summary>
    public ModelStatistics Statistics => _scheduler.Statistics;

    internal Scheduler Scheduler => _scheduler;

    /// <summary>Builds the engine where <see cref="ModelOptions.Onnx"/> says so and the cache has none, loads it on every device, makes the instances, and warms and
    /// measures every batch size.</summary>
    /// <exception cref="ArgumentException">An option does not fit the plan; the message has every problem.</exception>
    /// <exception cref="FileNotFoundException">The file of the plan or the model is not there.</exception>
    /// <exception cref="IOException">The cache cannot be used.</exception>
    /// <exception cref="PlanMismatchException">The plan was built for something else.</exception>
    /// <exception cref="PinionException">The build fails, the plan is damaged, or memory is exhausted.</exception>
    public static Task<InferenceModel> LoadAsync(
        string name, ModelOptions options, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        return LoadAsync(name, options, logger, TimeProvider.System, cancellationToken);
    }

    /// <summary>Runs a request of one input.</summary>
    /// <inheritdoc cref="InferAsync(ReadOnlySpan{TensorInput}, RequestOptions, CancellationToken)"/>
    public ValueTask<InferenceResult> InferAsync(TensorInput input, RequestOptions options = default, CancellationToken cancellationToken = default) =>
        InferAsync(new ReadOnlySpan<TensorInput>(in input), options, cancellationToken);

    /// <summary>Runs a request, in a batch with others where that helps. The inputs are copied out before the answer, not before this returns.</summary>
    /// <param name="inputs">Every input once. The span itself is not needed after the call; the memory behind it is, until the answer.</param>
    /// <param name="options">Deadline and priority.</param>
    /// <param name="cancellationToken">Takes the request out as long as it waits; one that runs is finished, and its result dropped.</param>
    /// <exception cref="ArgumentException">An input is missing, unknown, doubled, of the wrong type, shape or size.</exception>
    /// <exception cref="RequestRefusedException">The queue is full, the deadline cannot be made, or the model does not run.</exception>
    /// <exception cref="PinionException">The inference failed, alone too.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    public ValueTask<InferenceResult> InferAsync(
        ReadOnlySpan<TensorInput> inputs, RequestOptions options = default, CancellationToken cancellationToken = default) =>
        _scheduler.Submit(inputs, options, cancellationToken);

    /// <summary>Puts a new plan in the place of the old without dropping or delaying a request: it is loaded and warmed beside the
    /// old one, takes the next batch, and the old one is freed when its last is done. On failure the old one stays.</summary>
    /// <exception cref="ArgumentException">Inputs or outputs differ from the old plan's.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="PinionException">The plan is damaged, does not fit this machine, or memory is exhausted.</exception>
    /// <exception cref="InvalidOperationException">The model is being stopped.</exception>
    /// <param name="plan">The plan's file.</param>
    /// <param name="version">What <see cref="Version"/> says from then on; null to leave it.</param>
    /// <param name="cancellationToken">Ends the loading; the old plan stays.</param>
    public Task SwapAsync(string plan, string? version = null, CancellationToken cancellationToken = default) =>
        SwapAsync(PlanSource.OfFile(plan), version, cancellationToken);

    /// <summary>Refuses new requests and finishes those that were accepted; those that are left when the token is cancelled are refused.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => _scheduler.StopAsync(cancellationToken);

    /// <summary>Stops at once: what runs is finished, what waits is refused. Then frees everything.</summary>
    public async ValueTask DisposeAsync()
    {
        PinionTelemetry.Remove(_scheduler);
        await _scheduler.DisposeAsync().ConfigureAwait(false);
    }

    internal Task SwapAsync(PlanSource source, string? version, CancellationToken cancellationToken) => _scheduler.SwapAsync(source, version, cancellationToken);

    internal static async Task<InferenceModel> LoadAsync(
        string name, ModelOptions options, ILogger? logger, TimeProvider time, CancellationToken cancellationToken, PlanSource? source = null)
    {
        logger ??= NullLogger.Instance;

        // Before a build, which may take minutes.
        var settings = BatchingSettings.From(options);
        string version = options.Version;
        source ??= new PlanSource(name, options, logger);
        Scheduler scheduler = await source.UseAsync(
            plan => Task.Run(() => new Scheduler(name, settings, plan, version, logger, time, cancellationToken), cancellationToken), cancellationToken).ConfigureAwait(false);
        var model = new InferenceModel(scheduler);
        PinionTelemetry.Add(scheduler);
        return model;
    }
}
