namespace Pinion.Serving;

/// <summary>A request that is answered with an error. The message is meant for the client: it holds no path and no stack trace.</summary>
public sealed class ServingException : Exception
{
    /// <summary>Makes one.</summary>
    public ServingException(ServingError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>Why.</summary>
    public ServingError Error { get; }

    internal static ServingException TooLarge(long bytes, long limit) =>
        new(ServingError.TooLarge, $"The request has {bytes} bytes; this server takes {limit}.");

    internal static ServingException Bad(string message, Exception? inner = null) => new(ServingError.BadRequest, message, inner);
}
