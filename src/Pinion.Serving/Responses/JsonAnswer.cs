using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Pinion.Serving;

/// <summary>Small JSON documents, and errors in the protocol's form.</summary>
internal static class JsonAnswer
{
    /// <summary>Answers are read by programs, as JSON: nothing has to be escaped for HTML.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Sends a document.</summary>
    public static async Task SendAsync(HttpResponse response, int status, Action<Utf8JsonWriter> write)
    {
        using var buffer = new SegmentedBuffer();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            write(writer);
        }

        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = buffer.Length;
        await buffer.CopyToAsync(response.BodyWriter, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Sends an error.</summary>
    public static Task SendErrorAsync(HttpResponse response, int status, string message)
    {
        response.Headers.Remove(InferenceHeaders.JsonLength);
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = "1";
        }
        else if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        return SendAsync(response, status, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("error"u8, message);
            writer.WriteEndObject();
        });
    }

    /// <summary>The HTTP code of an error.</summary>
    public static int Status(ServingError error) => error switch
    {
        ServingError.BadRequest => StatusCodes.Status400BadRequest,
        ServingError.Unauthorized => StatusCodes.Status401Unauthorized,
        ServingError.NotFound => StatusCodes.Status404NotFound,
        ServingError.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ServingError.UnsupportedEncoding => StatusCodes.Status415UnsupportedMediaType,
        ServingError.NotRepresentable => StatusCodes.Status422UnprocessableEntity,
        ServingError.Busy => StatusCodes.Status429TooManyRequests,
        ServingError.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Name, datatype and shape, within an object that is open.</summary>
    public static void WriteTensor(Utf8JsonWriter writer, TensorInfo info)
    {
        writer.WriteString("name"u8, info.Name);
        writer.WriteString("datatype"u8, Datatypes.Name(info.DataType));
        writer.WriteStartArray("shape"u8);
        for (int i = 0; i < info.Shape.Rank; i++)
        {
            writer.WriteNumberValue(info.Shape[i]);
        }

        writer.WriteEndArray();
    }
}
