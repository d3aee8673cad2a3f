using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pinion.Hosting.Tests;

/// <summary>A host over a folder of its own, with its log kept.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private TestHost(IHost host, TemporaryFolder folder, ListLogger log)
    {
        Host = host;
        Folder = folder;
        Log = log;
    }

    public IHost Host { get; }

    public TemporaryFolder Folder { get; }

    public ListLogger Log { get; }

    public IServiceProvider Services => Host.Services;

    public InferenceModel Model(string name) => Services.GetRequiredKeyedService<InferenceModel>(name);

    /// <summary>Makes the host; it is not started.</summary>
    /// <param name="configure">Adds the services.</param>
    /// <param name="settings">Keys and values of the configuration.</param>
    public static TestHost Create(
        Action<IServiceCollection, IConfiguration, TemporaryFolder> configure, params (string Key, string Value)[] settings)
    {
        var folder = new TemporaryFolder();
        var log = new ListLogger();
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ContentRootPath = folder.Path });
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        configure(builder.Services, builder.Configuration, folder);
        return new TestHost(builder.Build(), folder, log);
    }

    /// <summary>A started host with the model "add" from the file add.plan, which adds 1.</summary>
    public static async Task<TestHost> StartAsync(
        Action<ModelOptions>? options = null, Action<IServiceCollection>? more = null, TimeSpan? restartAfter = null)
    {
        TestHost host = Create((services, _, folder) =>
        {
            AddModels.Save(folder["add.plan"]);
            services.AddPinion().AddModel("add", "add.plan", options);
            services.AddHealthChecks().AddPinion(restartAfter);
            more?.Invoke(services);
        });
        await host.Host.StartAsync();
        return host;
    }

    public async Task<HealthReportEntry> CheckAsync(string name)
    {
        HealthReport report = await Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(r => r.Name == name);
        return report.Entries[name];
    }

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)Host).DisposeAsync();
        Folder.Dispose();
    }
}
