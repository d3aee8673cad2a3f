using Microsoft.Extensions.Logging;

namespace Pinion.Hosting;

#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing that has to be freed.
/// <summary>Loads a model's versions, one after the other: the device holds two at most. Threads: any.</summary>
/// <param name="model">The model's name.</param>
/// <param name="settings">The model's.</param>
/// <param name="blocks">Memory for outputs.</param>
/// <param name="completed">Called when an instance's batch is over.</param>
/// <param name="lifetime">Ends loading when the model stops.</param>
/// <param name="logger">Told of every version.</param>
internal sealed class VersionLoader(
    string model, BatchingSettings settings, OutputBlockPool blocks, Action<Instance> completed, Lifetime lifetime, ILogger logger)
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Over once the version before the present one is freed.</summary>
    private Task _previousFreed = Task.CompletedTask;

    /// <summary>Blocks until the version is warm.</summary>
    /// <exception cref="ArgumentException">It does not take what the old one, if there is one, takes.</exception>
    /// <param name="plan">The plan; the version's where this succeeds.</param>
    /// <param name="name">What results say.</param>
    /// <param name="old">The rules of the version whose place it takes; null if there is none.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    public ModelVersion Load(ServedPlan plan, string name, RequestRules? old, CancellationToken cancellationToken)
    {
        var version = ModelVersion.Load(plan, name, settings, blocks, completed, old, cancellationToken);
        logger.Loaded(model, name, version.Pool.All.Length, version.Rules.IsBatched ? version.Rules.Sizes.Max : 0);
        if (version.Rules.WhyNotBatched is string reason)
        {
            logger.NotBatched(model, reason);
        }

        return version;
    }

    /// <summary>Loads a plan, built first where it has to be, beside the present version and puts it in its place; on failure that stays.</summary>
    /// <param name="source">Gives the plan.</param>
    /// <param name="name">The version's name; null to keep the present one's.</param>
    /// <param name="present">Tells the present version.</param>
    /// <param name="tryExchange">Puts the second in the place of the first and retires that; false where the model is stopping.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    public async Task SwapAsync(
        PlanSource source, string? name, Func<ModelVersion> present, Func<ModelVersion, ModelVersion, bool> tryExchange, CancellationToken cancellationToken)
    {
        lifetime.ThrowIfStopping(model);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.Closing);
        try
        {
            await source.UseAsync(
                async plan =>
                {
                    await SwapAsync(plan, name, present, tryExchange, cancellationToken).ConfigureAwait(false);
                    return plan;
                },
                either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lifetime.ThrowIfStopping(model);
            throw;
        }
    }

    private async Task SwapAsync(
        ServedPlan plan, string? name, Func<ModelVersion> present, Func<ModelVersion, ModelVersion, bool> tryExchange, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ModelVersion old = present();
            lifetime.ThrowIfStopping(model);
            await _previousFreed.WaitAsync(cancellationToken).ConfigureAwait(false);
            ModelVersion next = await LoadNextAsync(plan, name ?? old.Name, old.Rules, cancellationToken).ConfigureAwait(false);
            if (!tryExchange(old, next))
            {
                next.Abandon();
                lifetime.ThrowIfStopping(model);
            }

            _previousFreed = old.Freed;
            logger.Swapped(model, old.Name, next.Name);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Waits until everything is freed.</summary>
    /// <param name="retire">Retires the present version, unless that was done before, and gives it.</param>
    public async Task FreeAsync(Func<ModelVersion> retire)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            await retire().Freed.ConfigureAwait(false);
            await _previousFreed.ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<ModelVersion> LoadNextAsync(ServedPlan plan, string name, RequestRules old, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.Closing);
        try
        {
            return await Task.Run(() => Load(plan, name, old, either.Token), either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lifetime.ThrowIfStopping(model);
            throw;
        }
    }
}
