using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Pinion.Serving;

/// <summary>What answers requests. Made when the host starts, and not when endpoints are mapped: an exception there would end a program before its host can
/// say what is wrong.</summary>
internal sealed class EndpointHandlers(
    ServedInference served, IOptions<ServingOptions> options, RequestMemory memory, EndpointGuard guard, PrometheusExporter exporter) : IHostedService
{
    public MetadataEndpoints Metadata { get; } = new(served, options.Value.ServerName);

    public InferEndpoint Infer { get; } = new(served, memory, options.Value.MaxRequestBytes);

    public EndpointGuard Guard { get; } = guard;

    public PrometheusExporter Exporter { get; } = exporter;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
