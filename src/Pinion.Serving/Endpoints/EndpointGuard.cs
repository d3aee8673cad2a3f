using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Pinion.Serving;

/// <summary>Stands around every endpoint: keys before it, errors in the protocol's form behind it, counts in any case.</summary>
internal sealed class EndpointGuard
{
    /// <summary>In the counts: the client had left before the answer.</summary>
    private const int ClientGone = 499;

    private readonly ApiKeyCheck _keys;
    private readonly ServingMetrics _metrics;
    private readonly ILogger<EndpointGuard> _logger;

    public EndpointGuard(ApiKeyCheck keys, ServingMetrics metrics, ILogger<EndpointGuard> logger)
    {
        _keys = keys;
        _metrics = metrics;
        _logger = logger;
    }

    /// <summary>Wraps an endpoint.</summary>
    /// <param name="name">Its name in the counts.</param>
    /// <param name="open">Whether it is answered without a key.</param>
    /// <param name="endpoint">What it does.</param>
    public RequestDelegate Around(string name, bool open, RequestDelegate endpoint) => async context =>
    {
        long start = Stopwatch.GetTimestamp();
        int status;
        try
        {
            if (!open)
            {
                _keys.Require(context.Request);
            }

            await endpoint(context).ConfigureAwait(false);
            status = context.RequestAborted.IsCancellationRequested ? ClientGone : context.Response.StatusCode;
        }
        catch (Exception e)
        {
            status = await AnswerAsync(context, name, e).ConfigureAwait(false);
        }

        _metrics.Count(name, status, Stopwatch.GetElapsedTime(start));
    };

    private async Task<int> AnswerAsync(HttpContext context, string name, Exception exception)
    {
        (int status, string message) = exception switch
        {
            ServingException e => (JsonAnswer.Status(e.Error), e.Message),
            BadHttpRequestException e => (e.StatusCode, InWords(e)),
            OperationCanceledException or IOException when context.RequestAborted.IsCancellationRequested => (ClientGone, ""),
            IOException => (ClientGone, ""),
            OutOfMemoryException => (StatusCodes.Status503ServiceUnavailable, "Memory is exhausted; try again later."),
            _ => (StatusCodes.Status500InternalServerError, "An internal error; the server's log says more."),
        };
        if (status == StatusCodes.Status500InternalServerError && exception is not ServingException)
        {
            Log.InternalError(_logger, exception, name);
        }

        if (status == ClientGone || context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return ClientGone;
        }

        try
        {
            context.Response.Clear();
            await JsonAnswer.SendErrorAsync(context.Response, status, message).ConfigureAwait(false);
            return status;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return ClientGone;
        }
    }

    private static string InWords(BadHttpRequestException exception) => exception.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => "The request is larger than this server takes.",
        StatusCodes.Status408RequestTimeout => "The request arrived too slowly.",
        _ => "The request's body is not valid HTTP, or ended too early.",
    };
}
