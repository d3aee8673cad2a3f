using Microsoft.AspNetCore.Http.HttpResults;
using Pinion;
using Pinion.Hosting;

namespace OcrService;

/// <summary>POST /recognize: the image of one text line in, its text out.</summary>
internal static class RecognizeEndpoint
{
    public static async Task<Results<Ok<RecognizedLine>, ProblemHttpResult>> HandleAsync(
        HttpRequest request, HttpResponse response, TextRecognizer recognizer, CancellationToken cancellationToken)
    {
        try
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, cancellationToken);
            PixelImage image = ImageReader.Read(body.GetBuffer().AsSpan(0, (int)body.Length));
            return TypedResults.Ok(await recognizer.RecognizeAsync(image, cancellationToken));
        }
        catch (BadHttpRequestException e)
        {
            return TypedResults.Problem(e.Message, statusCode: e.StatusCode);
        }
        catch (ImageException e)
        {
            return TypedResults.Problem(e.Message, statusCode: e.StatusCode);
        }
        catch (RequestRefusedException e)
        {
            response.Headers.RetryAfter = "1";
            // Why no instance works can name files of this machine.
            string message = e.Reason == RefusalReason.Unavailable ? "The model does not work at the moment." : e.Message;
            return TypedResults.Problem(message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        catch (PinionException)
        {
            // What the engine says is for the log, which has it, not for the client.
            return TypedResults.Problem("The line could not be recognised.", statusCode: StatusCodes.Status500InternalServerError);
        }
    }
}
