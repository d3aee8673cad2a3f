using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Pinion.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the models' health checks.</summary>
public static class PinionHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds <c>pinion-live</c>, with the tag <c>live</c>, and <c>pinion-ready</c>, with the tag <c>ready</c>. Ready is unhealthy while models
    /// are loaded, while one has no instance that works, and once the host is being stopped; it is degraded while an instance is out, or a new
    /// plan does not load. Its data has each model's state with the reason.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="restartAfter">How long a model may be unavailable before <c>pinion-live</c> is unhealthy, so that the process is started
    /// anew; counted from the first check that sees it. Default (null): for ever.</param>
    public static IHealthChecksBuilder AddPinion(this IHealthChecksBuilder builder, TimeSpan? restartAfter = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (restartAfter is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(restartAfter));
        }

        builder.Services.AddPinion();

        // Made once: it remembers since when a model is away.
        builder.Services.AddSingleton(s => new LiveCheck(
            s.GetRequiredService<ModelHost>(), s.GetRequiredService<InferenceModels>(), s.GetRequiredService<TimeProvider>(), restartAfter));
        return builder
            .Add(new HealthCheckRegistration("pinion-live", s => s.GetRequiredService<LiveCheck>(), HealthStatus.Unhealthy, ["live"]))
            .Add(new HealthCheckRegistration(
                "pinion-ready",
                s => new ReadyCheck(s.GetRequiredService<ModelHost>(), s.GetRequiredService<InferenceModels>(), s.GetService<IHostApplicationLifetime>()),
                HealthStatus.Unhealthy,
                ["ready"]));
    }
}
