namespace Pinion.Hosting.Tests.Support;

/// <summary>What runs in a child process, under an environment that the parent chose. Each prints what it saw.</summary>
internal static class Scenarios
{
    public static readonly IReadOnlyDictionary<string, Func<string[], Task>> All = new Dictionary<string, Func<string[], Task>>
    {
        ["host-health"] = HostScenarios.HealthAsync,
        ["host-stop-limit"] = HostScenarios.StopLimitAsync,
    };
}
