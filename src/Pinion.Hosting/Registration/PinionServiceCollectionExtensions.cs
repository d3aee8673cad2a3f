using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Pinion.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Pinion to a host.</summary>
public static class PinionServiceCollectionExtensions
{
    /// <summary>
    /// Adds the models' host: it loads and warms all models before the host's other services start, sends TensorRT's log to the
    /// logger <c>Pinion.TensorRT</c>, and at stop finishes what was accepted. Calling it again gives the same models.
    /// </summary>
    public static PinionBuilder AddPinion(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.FirstOrDefault(s => s.ServiceType == typeof(ModelRegistrations))?.ImplementationInstance is ModelRegistrations there)
        {
            return new PinionBuilder(services, there);
        }

        var registrations = new ModelRegistrations();
        services.AddOptions();
        services.AddSingleton(registrations);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(s => new InferenceModels(s.GetService<ILoggerFactory>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new ModelHost(
            registrations,
            s.GetRequiredService<InferenceModels>(),
            s.GetRequiredService<IOptionsMonitor<ModelOptions>>(),
            s.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            s.GetService<IHostApplicationLifetime>()));
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<ModelHost>());
        services.AddSingleton<IPostConfigureOptions<ModelOptions>, ModelPlanPath>();
        services.AddSingleton<IValidateOptions<ModelOptions>, ModelOptionsValidator>();
        return new PinionBuilder(services, registrations);
    }
}
