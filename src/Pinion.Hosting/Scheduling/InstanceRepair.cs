using Microsoft.Extensions.Logging;

namespace Pinion.Hosting;

/// <summary>
/// Makes instances work again: a new session after a failed run, a new engine after several, or where the session cannot be made. Without
/// the model's lock; the instances are its own meanwhile.
/// </summary>
/// <param name="owner">Whose instances they are.</param>
/// <param name="model">Its name.</param>
/// <param name="logger">Told of what is out and what is back.</param>
/// <param name="clock">The model's.</param>
/// <param name="closing">The model is being freed.</param>
internal sealed class InstanceRepair(IRepairOwner owner, string model, ILogger logger, Clock clock, CancellationToken closing)
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Replaces the session of an instance that is <see cref="InstanceState.Repairing"/>; blocks for as long as that takes.</summary>
    public void Replace(Instance instance)
    {
        try
        {
            owner.Reopen(instance, closing);
        }
        catch (Exception e)
        {
            owner.TakeOut(instance, e);
            Reload(instance, e);
            return;
        }

        owner.PutBack(instance, clock.Now - instance.RepairStartedAt);
    }

    /// <summary>Loads the engine of an instance that is <see cref="InstanceState.Out"/> anew, again and again, until it works or is not needed any more.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="reason">Why it is out.</param>
    /// <returns>Over when it is back.</returns>
    public Task Reload(Instance instance, Exception reason)
    {
        logger.InstanceOut(model, instance.Device, reason.Message);
        return ReloadAsync(instance);
    }

    private async Task ReloadAsync(Instance instance)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TimeSpan wait = ShortestWait;
        while (owner.IsNeeded(instance) && !closing.IsCancellationRequested)
        {
            try
            {
                owner.Reload(instance, closing);
                logger.InstanceBack(model, instance.Device);
                break;
            }
            catch (Exception e) when (!closing.IsCancellationRequested)
            {
                logger.ReloadFailed(e, model, instance.Device, wait);
                owner.StillOut(instance, e);
            }
            catch (Exception)
            {
                // Whatever it is, it has lost its meaning: the model is being freed.
                break;
            }

            await Task.WhenAny(Task.Delay(wait, clock.Provider, closing), owner.NotNeeded(instance)).ConfigureAwait(false);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }

        owner.PutBack(instance, null);
    }
}

/// <summary>Whose instances are repaired. Threads: any.</summary>
internal interface IRepairOwner
{
    /// <summary>Whether an instance is of the version that is served.</summary>
    bool IsNeeded(Instance instance);

    /// <summary>Over once the instance is not needed.</summary>
    Task NotNeeded(Instance instance);

    /// <summary>Replaces the session.</summary>
    void Reopen(Instance instance, CancellationToken cancellationToken);

    /// <summary>Loads the engine anew and makes a session.</summary>
    void Reload(Instance instance, CancellationToken cancellationToken);

    /// <summary>The instance does not work until it is put back.</summary>
    void TakeOut(Instance instance, Exception reason);

    /// <summary>The next attempt failed as well.</summary>
    void StillOut(Instance instance, Exception reason);

    /// <summary>The instance may run again, or be freed if it is not needed.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="repairTicks">How long the replacement of the session took; null where it was not that.</param>
    void PutBack(Instance instance, long? repairTicks);
}
