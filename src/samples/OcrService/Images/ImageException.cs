namespace OcrService;

/// <summary>A client's image that cannot be read. The message is for the client.</summary>
internal sealed class ImageException(string message, int statusCode) : Exception(message)
{
    public int StatusCode { get; } = statusCode;
}
