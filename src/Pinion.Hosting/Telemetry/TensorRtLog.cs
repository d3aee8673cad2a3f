using Microsoft.Extensions.Logging;

namespace Pinion.Hosting;

/// <summary>
/// Sends the log of Pinion and TensorRT to the logger <c>Pinion.TensorRT</c> until it is disposed. The process has one such log:
/// of several, the latest has it, and when that is disposed the one before. What the logger does runs on TensorRT's threads,
/// one message at a time, and must not call Pinion.
/// </summary>
internal sealed partial class TensorRtLog : IDisposable
{
    public const string Category = "Pinion.TensorRT";

    private static readonly Lock Gate = new();
    private static readonly List<TensorRtLog> Active = [];
    private readonly ILogger _logger;
    private readonly LogSeverity _most;

    public TensorRtLog(ILoggerFactory loggers)
    {
        _logger = loggers.CreateLogger(Category);
        _most = Enum.GetValues<LogSeverity>().Where(s => _logger.IsEnabled(Level(s))).DefaultIfEmpty(LogSeverity.InternalError).Max();
        lock (Gate)
        {
            Set(this);
            Active.Add(this);
        }
    }

    public static LogLevel Level(LogSeverity severity) => severity switch
    {
        LogSeverity.InternalError => LogLevel.Critical,
        LogSeverity.Error => LogLevel.Error,
        LogSeverity.Warning => LogLevel.Warning,
        LogSeverity.Info => LogLevel.Information,
        _ => LogLevel.Trace,
    };

    public void Dispose()
    {
        lock (Gate)
        {
            bool isLatest = Active.LastOrDefault() == this;
            Active.Remove(this);
            if (isLatest)
            {
                Set(Active.LastOrDefault());
            }
        }
    }

    private static void Set(TensorRtLog? log)
    {
        if (log is null)
        {
            PinionRuntime.SetLog(null);
        }
        else
        {
            PinionRuntime.SetLog(log.Write, log._most);
        }
    }

    private void Write(LogSeverity severity, string message)
    {
        LogLevel level = Level(severity);
        Write(_logger, level, message);
    }

    [LoggerMessage(EventId = 1, Message = "{Message}")]
    private static partial void Write(ILogger logger, LogLevel level, string message);
}
