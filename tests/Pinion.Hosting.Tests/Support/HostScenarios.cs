using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Pinion.Hosting.Tests;

/// <summary>Hosts under scripted faults.</summary>
internal static class HostScenarios
{
    /// <summary>Infers until the model is no longer ready, then prints both checks, then waits until it is ready again or the time is up.</summary>
    public static async Task HealthAsync(string[] args)
    {
        await using TestHost host = await TestHost.StartAsync(
            o => (o.MaxBatch, o.InstancesPerDevice, o.FailuresBeforeReload) = (1, int.Parse(args[0], CultureInfo.InvariantCulture), 1),
            restartAfter: TimeSpan.FromTicks(1));
        InferenceModel model = host.Model("add");
        for (int i = 0; i < 10_000 && model.State == ModelState.Ready; i++)
        {
            try
            {
                await AddModels.AddAsync(model, i);
            }
            catch (Exception e) when (e is PinionException or RequestRefusedException)
            {
                Console.WriteLine($"a request failed: {e.GetType().Name}");
            }
        }

        foreach (string check in new[] { "pinion-ready", "pinion-live", "pinion-live" })
        {
            HealthReportEntry entry = await host.CheckAsync(check);
            Console.WriteLine($"{check} {entry.Status} {entry.Description?.ReplaceLineEndings(" ")}");
            foreach ((string key, object value) in entry.Data)
            {
                Console.WriteLine($"data {key}: {value.ToString()!.ReplaceLineEndings(" ")}");
            }
        }
    }

    /// <summary>Stops a host that has more accepted than it can do within its limit; prints how each request ended.</summary>
    public static async Task StopLimitAsync(string[] args)
    {
        const int Requests = 40;
        var limit = TimeSpan.FromMilliseconds(double.Parse(args[0], CultureInfo.InvariantCulture));
        await using TestHost host = await TestHost.StartAsync(
            o => (o.MaxBatch, o.InstancesPerDevice, o.QueueCapacity) = (1, 1, Requests),
            services => services.Configure<HostOptions>(h => h.ShutdownTimeout = limit));
        InferenceModel model = host.Model("add");
        Task<string>[] requests = [.. Enumerable.Range(0, Requests).Select(async i =>
        {
            try
            {
                return await AddModels.AddAsync(model, i) == i + 1 ? "answered" : "wrong";
            }
            catch (RequestRefusedException e)
            {
                return e.Reason.ToString();
            }
        })];
        await host.Host.StopAsync();
        foreach (KeyValuePair<string, int> outcome in (await Task.WhenAll(requests)).CountBy(o => o))
        {
            Console.WriteLine($"{outcome.Key} {outcome.Value}");
        }

        Console.WriteLine($"state {model.State}");
    }
}
