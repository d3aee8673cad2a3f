using Microsoft.Extensions.Logging;

namespace Pinion.Hosting;

internal static partial class BuildLog
{
    [LoggerMessage(9, LogLevel.Information, "Model {Model}: the engine of '{Onnx}' is being built, once.")]
    public static partial void Begins(ILogger logger, string model, string onnx);

    [LoggerMessage(10, LogLevel.Information, "Model {Model}: another process builds the engine of '{Onnx}'; it is waited for.")]
    public static partial void Waits(ILogger logger, string model, string onnx);

    [LoggerMessage(11, LogLevel.Information, "Model {Model}: the engine of '{Onnx}' was built in {Seconds:F1} s, because {Reasons}.")]
    public static partial void Built(ILogger logger, string model, string onnx, double seconds, string reasons);

    [LoggerMessage(12, LogLevel.Information, "Model {Model}: the engine of '{Onnx}' was in the cache: '{Plan}'.")]
    public static partial void Found(ILogger logger, string model, string onnx, string plan);

    [LoggerMessage(13, LogLevel.Warning, "Model {Model}: {Reason}. It is served, and the next start builds again.")]
    public static partial void NotKept(ILogger logger, string model, string reason);
}
