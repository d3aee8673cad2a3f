using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Pinion.Serving;

/// <summary>The protocol's own header.</summary>
internal static class InferenceHeaders
{
    /// <summary>How many bytes at the beginning of a body are JSON.</summary>
    public const string JsonLength = "Inference-Header-Content-Length";

    /// <summary>Reads it; null if it is not there.</summary>
    /// <exception cref="ServingException">It is no number, given twice, or beyond the body.</exception>
    public static long? ReadJsonLength(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(JsonLength, out StringValues values))
        {
            return null;
        }

        if (values.Count != 1 || !long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out long length))
        {
            throw ServingException.Bad($"The header {JsonLength} must be one whole number, 0 or more.");
        }

        return request.ContentLength < length
            ? throw ServingException.Bad($"The header {JsonLength} says {length} bytes; the whole body has {request.ContentLength}.")
            : length;
    }
}
