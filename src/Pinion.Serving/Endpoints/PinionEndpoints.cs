using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Pinion.Serving;

/// <summary>The endpoints of the Open Inference protocol (KServe v2), and metrics.</summary>
public static class PinionEndpoints
{
    /// <summary>Maps them: <c>/v2</c> and below, and <c>/metrics</c>. Needs <see cref="PinionServices.AddPinionServing"/>. Options are read when the host
    /// starts, which then says what is wrong with them.</summary>
    /// <exception cref="InvalidOperationException">The services are not there.</exception>
    public static IEndpointRouteBuilder MapPinion(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        IServiceProvider services = endpoints.ServiceProvider;
        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(EndpointHandlers)) == false)
        {
            throw new InvalidOperationException("MapPinion needs the services of AddPinionServing: call it on the builder's Services first.");
        }

        var handlers = new Lazy<EndpointHandlers>(services.GetRequiredService<EndpointHandlers>);

        Map(HttpMethods.Get, "/v2", "server", h => h.Metadata.ServerAsync);
        Map(HttpMethods.Get, "/v2/health/live", "live", _ => MetadataEndpoints.LiveAsync, open: true);
        Map(HttpMethods.Get, "/v2/health/ready", "ready", h => h.Metadata.ReadyAsync, open: true);
        Map(HttpMethods.Post, "/v2/repository/index", "index", h => h.Metadata.IndexAsync);
        foreach (string model in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            Map(HttpMethods.Get, model, "model", h => h.Metadata.ModelAsync);
            Map(HttpMethods.Get, model + "/ready", "model_ready", h => h.Metadata.ModelReadyAsync, open: true);
            Map(HttpMethods.Post, model + "/infer", "infer", h => h.Infer.HandleAsync);
        }

        Map(HttpMethods.Get, "/metrics", "metrics", h => h.Exporter.HandleAsync);
        return endpoints;

        void Map(string method, string pattern, string name, Func<EndpointHandlers, RequestDelegate> choose, bool open = false)
        {
            var handle = new Lazy<RequestDelegate>(() => handlers.Value.Guard.Around(name, open, choose(handlers.Value)));
            endpoints.MapMethods(pattern, [method], context => handle.Value(context));
        }
    }
}
