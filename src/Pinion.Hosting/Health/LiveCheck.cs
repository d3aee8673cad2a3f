using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pinion.Hosting;

/// <summary>
/// Whether the process is worth keeping. It answers, so it lives; but a device error that sticks to the process goes away only with it,
/// and so a model that does not come back within the limit calls for a restart.
/// </summary>
internal sealed class LiveCheck(ModelHost host, InferenceModels models, TimeProvider time, TimeSpan? restartAfter) : IHealthCheck
{
    private readonly ConcurrentDictionary<string, long> _unavailableSince = new(StringComparer.Ordinal);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (restartAfter is { } limit && host.IsLoaded)
        {
            foreach (InferenceModel model in models.All)
            {
                if (model.State != ModelState.Unavailable)
                {
                    _unavailableSince.TryRemove(model.Name, out _);
                    continue;
                }

                TimeSpan away = time.GetElapsedTime(_unavailableSince.GetOrAdd(model.Name, _ => time.GetTimestamp()));
                if (away >= limit)
                {
                    return Task.FromResult(new HealthCheckResult(
                        context.Registration.FailureStatus,
                        $"Model '{model.Name}' has been unavailable for {away.TotalSeconds:F0} s, the limit is {limit.TotalSeconds:F0} s:"
                        + $" {model.StateReason}"));
                }
            }
        }

        return Task.FromResult(HealthCheckResult.Healthy());
    }
}
