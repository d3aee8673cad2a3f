using Microsoft.Extensions.Logging;

namespace Pinion.Cli;

/// <summary>The server's log on standard error: warnings and worse, everything of ours with --verbose.</summary>
internal sealed class TerminalLog(Terminal terminal) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) =>
        new Lines(terminal, terminal.Verbose && categoryName.StartsWith("Pinion", StringComparison.Ordinal) ? LogLevel.Debug : LogLevel.Warning);

    public void Dispose()
    {
    }

    private sealed class Lines(Terminal terminal, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            string why = exception is null ? "" : $" {exception.GetType().Name}: {exception.Message}";
            string log = exception is PinionException { TensorRtLog.Length: > 0 } native ? $" TensorRT: {native.TensorRtLog.Trim()}" : "";
            terminal.Note($"[{Name(logLevel)}] {formatter(state, exception)}{why}{log}".ReplaceLineEndings(" "));
            if (exception is not null && terminal.Verbose)
            {
                terminal.Note(exception.StackTrace ?? "");
            }
        }

        private static string Name(LogLevel level) => level switch
        {
            LogLevel.Critical or LogLevel.Error => "error",
            LogLevel.Warning => "warning",
            LogLevel.Information => "info",
            _ => "verbose",
        };
    }
}
