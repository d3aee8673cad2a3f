using Microsoft.Extensions.Logging;

namespace Pinion.Serving;

/// <summary>What the server logs.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Inference of model {Model} failed: {Status}.")]
    public static partial void InferenceFailed(ILogger logger, Exception exception, string model, PinionStatus status);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "A request to {Endpoint} met an internal error.")]
    public static partial void InternalError(ILogger logger, Exception exception, string endpoint);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "{Count} requests were still in flight at the end of the time for stopping.")]
    public static partial void RequestsLeft(ILogger logger, int count);
}
