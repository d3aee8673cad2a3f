using Microsoft.Extensions.Logging;

namespace Pinion.Hosting;

internal static partial class BatchingLog
{
    [LoggerMessage(1, LogLevel.Information, "Model {Model} version {Version} is ready: {Instances} instances, batches to {MaxBatch}.")]
    public static partial void Loaded(this ILogger logger, string model, string version, int instances, int maxBatch);

    [LoggerMessage(2, LogLevel.Warning, "Model {Model} runs one request at a time: {Reason}.")]
    public static partial void NotBatched(this ILogger logger, string model, string reason);

    [LoggerMessage(3, LogLevel.Warning, "A batch of {Rows} rows of model {Model} failed on device {Device}, {Failures} in a row; its requests are run again one by one.")]
    public static partial void BatchFailed(this ILogger logger, Exception exception, string model, int rows, int device, int failures);

    [LoggerMessage(8, LogLevel.Warning, "Shapes of model {Model} on device {Device} could not be prepared and run by plain enqueues.")]
    public static partial void ShapesStayPlain(this ILogger logger, Exception exception, string model, int device);

    [LoggerMessage(4, LogLevel.Error, "An instance of model {Model} on device {Device} is out: {Reason} Its engine is loaded anew.")]
    public static partial void InstanceOut(this ILogger logger, string model, int device, string reason);

    [LoggerMessage(5, LogLevel.Error, "The engine of model {Model} on device {Device} could not be loaded anew; the next attempt is in {Wait}.")]
    public static partial void ReloadFailed(this ILogger logger, Exception exception, string model, int device, TimeSpan wait);

    [LoggerMessage(6, LogLevel.Information, "An instance of model {Model} on device {Device} is back.")]
    public static partial void InstanceBack(this ILogger logger, string model, int device);

    [LoggerMessage(7, LogLevel.Information, "Model {Model} is swapped from version {Old} to version {New}.")]
    public static partial void Swapped(this ILogger logger, string model, string old, string @new);
}
