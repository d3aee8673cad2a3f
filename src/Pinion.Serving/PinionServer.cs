using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>
/// A web server with nothing but Pinion's endpoints. It reads no configuration files and no environment. Owner: who starts it, who
/// disposes it, and the models after it. Threads: any.
/// </summary>
public sealed class PinionServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private Task? _stop;

    private PinionServer(WebApplication app)
    {
        _app = app;
        _logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Pinion.Serving");
        Served = app.Services.GetRequiredService<ServedInference>();
        Memory = app.Services.GetRequiredService<RequestMemory>();
        Options = app.Services.GetRequiredService<IOptions<ServingOptions>>().Value;
    }

    /// <summary>Inference without HTTP, and whether the server is ready.</summary>
    public ServedInference Served { get; }

    /// <summary>Where it listens, as http://ADDRESS:PORT.</summary>
    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    internal RequestMemory Memory { get; }

    /// <summary>What the endpoints go by.</summary>
    internal ServingOptions Options { get; }

    /// <summary>Starts it. It is alive from then on; ready once <see cref="ServedInference.IsStarting"/> is false and every model answers.</summary>
    /// <param name="models">What is served; more may be added later.</param>
    /// <param name="options">Address and limits.</param>
    /// <param name="logging">Where the server's log goes; null: nowhere.</param>
    /// <param name="token">Stops the start.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message has every problem, a line each.</exception>
    /// <exception cref="IOException">The address is in use.</exception>
    public static async Task<PinionServer> StartAsync(
        InferenceModels models, ServerOptions options, Action<ILoggingBuilder>? logging = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Pinion.Serving" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ReceivePool.Factory>();
        builder.Services.AddSingleton(models);
        builder.Services.AddSingleton(Microsoft.Extensions.Options.Options.Create(options.Serving));
        builder.Services.AddPinionServing();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        logging?.Invoke(builder.Logging);
        WebApplication app = builder.Build();
        try
        {
            app.Use(NameMissingPaths);
            app.MapPinion();
            await app.StartAsync(token).ConfigureAwait(false);
            return new PinionServer(app);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Refuses new requests, finishes those that are under way, and then stops listening.</summary>
    /// <param name="limit">After this, connections are cut.</param>
    public Task StopAsync(TimeSpan limit)
    {
        lock (_lock)
        {
            return _stop ??= StopCoreAsync(limit);
        }
    }

    /// <summary>Stops at once, unless it is stopped already.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        var rate = new MinDataRate(options.MinBytesPerSecond, options.DataRateGrace);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.Serving.MaxRequestBytes;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MinRequestBodyDataRate = rate;
        kestrel.Limits.MinResponseDataRate = rate;
        kestrel.Limits.RequestHeadersTimeout = options.HeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = options.KeepAliveTimeout;
        kestrel.Listen(options.Address, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
    }

    private static async Task NameMissingPaths(HttpContext context, RequestDelegate next)
    {
        await next(context).ConfigureAwait(false);
        int status = context.Response.StatusCode;
        if (!context.Response.HasStarted && context.Response.ContentLength is null && status is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed)
        {
            await JsonAnswer.SendErrorAsync(context.Response, status, status == StatusCodes.Status404NotFound
                ? "There is no such path; the protocol's begin with /v2."
                : $"This path does not take {ClientText.Quote(context.Request.Method)}.").ConfigureAwait(false);
        }
    }

    /// <summary>Signals are the business of whoever starts the server, not the web host's.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private async Task StopCoreAsync(TimeSpan limit)
    {
        Served.Stop();
        using var time = new CancellationTokenSource(limit);
        try
        {
            // Still listening: clients are told that it stops, and the balancer sees that it is not ready.
            while (Served.InFlight > 0)
            {
                await Task.Delay(10, time.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            Log.RequestsLeft(_logger, Served.InFlight);
        }

        await _app.StopAsync(time.Token).ConfigureAwait(false);
    }
}
