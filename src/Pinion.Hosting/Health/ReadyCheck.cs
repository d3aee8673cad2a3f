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
            return Task.FromResult(NotLoaded(context.Registration.FailureStatus));
        }

        HealthStatus worst = HealthStatus.Healthy;
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        var reasons = new List<string>();
        foreach (InferenceModel model in models.All)
        {
            (HealthStatus status, string? reason) = Check(model, context.Registration.FailureStatus);
            worst = status < worst ? status : worst;
            data[model.Name] = reason ?? (models.BuildState(model.Name) is { } state ? $"ready; its changed ONNX file {state}" : "ready");
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

    /// <summary>Models are loaded one after the other; the one whose engine is built says how far that is.</summary>
    private HealthCheckResult NotLoaded(HealthStatus status)
    {
        if (host.Failure is { } failure)
        {
            return new HealthCheckResult(status, failure);
        }

        var data = host.Names.ToDictionary(
            name => name, object (name) => models.BuildState(name) ?? (models.TryGet(name, out _) ? "loaded" : "not loaded yet"), StringComparer.Ordinal);
        IEnumerable<string> builds = host.Names.Where(name => models.BuildState(name) is not null).Select(name => $" Model '{name}' {data[name]}.");
        return new HealthCheckResult(status, "The models are being loaded." + string.Concat(builds), data: data);
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
