using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Pinion.Serving;

/// <summary>The endpoints of the Open Inference protocol (KServe v2), and metrics.</summary>
public static class PinionEndpoints
{
    /// <summary>Maps them: <c>/v2</c> and below, and <c>/metrics</c>. Needs <see cref="PinionServices.AddPinionServing"/>.</summary>
    public static IEndpointRouteBuilder MapPinion(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        IServiceProvider services = endpoints.ServiceProvider;
        ServedInference served = services.GetRequiredService<ServedInference>();
        ServingOptions options = services.GetRequiredService<IOptions<ServingOptions>>().Value;
        EndpointGuard guard = services.GetRequiredService<EndpointGuard>();
        var metadata = new MetadataEndpoints(served, options.ServerName);
        var infer = new InferEndpoint(served, services.GetRequiredService<RequestMemory>(), options.MaxRequestBytes);
        PrometheusExporter exporter = services.GetRequiredService<PrometheusExporter>();

        Map(HttpMethods.Get, "/v2", "server", metadata.ServerAsync);
        Map(HttpMethods.Get, "/v2/health/live", "live", MetadataEndpoints.LiveAsync, open: true);
        Map(HttpMethods.Get, "/v2/health/ready", "ready", metadata.ReadyAsync, open: true);
        Map(HttpMethods.Post, "/v2/repository/index", "index", metadata.IndexAsync);
        foreach (string model in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            Map(HttpMethods.Get, model, "model", metadata.ModelAsync);
            Map(HttpMethods.Get, model + "/ready", "model_ready", metadata.ModelReadyAsync, open: true);
            Map(HttpMethods.Post, model + "/infer", "infer", infer.HandleAsync);
        }

        Map(HttpMethods.Get, "/metrics", "metrics", exporter.HandleAsync);
        return endpoints;

        void Map(string method, string pattern, string name, RequestDelegate handle, bool open = false) =>
            endpoints.MapMethods(pattern, [method], guard.Around(name, open, handle));
    }
}
