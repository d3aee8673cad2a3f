using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>Inference over HTTP: read, run, answer.</summary>
internal sealed class InferEndpoint
{
    private readonly ServedInference _served;
    private readonly RequestMemory _memory;
    private readonly long _maxRequestBytes;

    public InferEndpoint(ServedInference served, RequestMemory memory, long maxRequestBytes)
    {
        _served = served;
        _memory = memory;
        _maxRequestBytes = maxRequestBytes;
    }

    public async Task HandleAsync(HttpContext context)
    {
        HttpRequest http = context.Request;
        CancellationToken gone = context.RequestAborted;
        InferenceModel model = _served.Find((string)http.RouteValues["model"]!, (string?)http.RouteValues["version"]);
        using ServedInference.Place place = _served.Enter();
        RefuseEncoding(http);
        LimitBody(context);
        long? jsonBytes = InferenceHeaders.ReadJsonLength(http);
        var reader = new InferRequestReader(http.BodyReader, http.ContentLength, _maxRequestBytes, model, _memory);
        using InferRequest request = await reader.ReadAsync(jsonBytes, gone).ConfigureAwait(false);
        using InferenceResult result = await RunAsync(model, request, gone).ConfigureAwait(false);
        request.Dispose();
        await new InferResponse(model, request, result).SendAsync(context.Response, gone).ConfigureAwait(false);
    }

    private ValueTask<InferenceResult> RunAsync(InferenceModel model, InferRequest request, CancellationToken gone)
    {
        TensorInput[] inputs = [.. request.Inputs.Select(i => i.ToInput())];
        return _served.InferAsync(model, inputs, request.Options, gone);
    }

    /// <summary>A packed body can be of any size once unpacked.</summary>
    private static void RefuseEncoding(HttpRequest request)
    {
        StringValues encoding = request.Headers.ContentEncoding;
        if (encoding.Count > 0 && encoding != "identity")
        {
            throw new ServingException(ServingError.UnsupportedEncoding, "Bodies are taken as they are: send no Content-Encoding.");
        }
    }

    private void LimitBody(HttpContext context)
    {
        if (context.Request.ContentLength is { } bytes && bytes > _maxRequestBytes)
        {
            throw ServingException.TooLarge(bytes, _maxRequestBytes);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = _maxRequestBytes;
        }
    }
}
