using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Pinion.Hosting;

/// <summary>Whether requests should come: all models answer and the host is not being stopped. The data has each model's state and reason.</summary>
internal sealed class ReadyCheck(ModelHost host, InferenceModels models, IHostApplicationLifetime? lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!host.IsLoaded)
        {
            return Task.FromResult(new HealthCheckResult(context.Registration.FailureStatus, "The models are being loaded."));
        }

        HealthStatus worst = HealthStatus.Healthy;
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        var reasons = new List<string>();
        foreach (InferenceModel model in models.All)
        {
            (HealthStatus status, string? reason) = Check(model, context.Registration.FailureStatus);
            worst = status < worst ? status : worst;
            data[model.Name] = reason ?? "ready";
            if (reason is not null)
            {
                reasons.Add($"Model '{model.Name}' is {reason}");
            }
        }

        if (lifetime?.ApplicationStopping.IsCancellationRequested == true)
        {
            worst = context.Registration.FailureStatus < worst ? context.Registration.FailureStatus : worst;
            reasons.Insert(0, "The host is being stopped.");
        }

        return Task.FromResult(new HealthCheckResult(worst, reasons.Count == 0 ? null : string.Join(" ", reasons), data: data));
    }

    private (HealthStatus Status, string? Reason) Check(InferenceModel model, HealthStatus failure)
    {
        // Read once each: the state may change at any time, and the reason with it.
        ModelState state = model.State;
        string? reason = model.StateReason;
        return state switch
        {
            ModelState.Ready when models.PlanProblem(model.Name) is { } problem => (HealthStatus.Degraded, $"degraded: {problem}"),
            ModelState.Ready => (HealthStatus.Healthy, null),
            ModelState.Degraded => (HealthStatus.Degraded, $"degraded: {reason}"),
            ModelState.Unavailable => (failure, $"unavailable: {reason}"),
            _ => (failure, $"stopped: {reason}"),
        };
    }
}
