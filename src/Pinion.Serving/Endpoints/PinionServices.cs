using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>Registration of what the endpoints need.</summary>
public static class PinionServices
{
    /// <summary>Adds the services behind <see cref="PinionEndpoints.MapPinion"/>. The models themselves come from an
    /// <see cref="InferenceModels"/> that is registered as a singleton.</summary>
    public static IServiceCollection AddPinionServing(this IServiceCollection services, Action<ServingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<ServingOptions> options = services.AddOptions<ServingOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ServingOptions>, ServingOptionsValidator>());
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(s =>
        {
            var served = new ServedInference(
                s.GetRequiredService<InferenceModels>(), Options(s), s.GetService<ILoggerFactory>()?.CreateLogger("Pinion.Serving"));
            s.GetService<IHostApplicationLifetime>()?.ApplicationStopping.Register(served.Stop);
            return served;
        });
        services.TryAddSingleton(s => new RequestMemory(Options(s).MaxBufferBytes));
        services.TryAddSingleton(s => new ApiKeyCheck(Options(s).ApiKeys));
        services.TryAddSingleton<ServingMetrics>();
        services.TryAddSingleton<PrometheusExporter>();
        services.TryAddSingleton<EndpointGuard>();
        services.TryAddSingleton<EndpointHandlers>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, EndpointHandlers>(s => s.GetRequiredService<EndpointHandlers>()));
        return services;
    }

    private static ServingOptions Options(IServiceProvider services) => services.GetRequiredService<IOptions<ServingOptions>>().Value;
}
