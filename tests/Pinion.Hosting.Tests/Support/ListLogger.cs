using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Pinion.Hosting.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class ListLogger : ILoggerProvider
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();

    public IReadOnlyCollection<LogEntry> Entries => _entries;

    public IEnumerable<LogEntry> In(string category) => _entries.Where(e => e.Category == category);

    public ILogger CreateLogger(string categoryName) => new Category(_entries, categoryName);

    public void Dispose()
    {
    }

    private sealed class Category(ConcurrentQueue<LogEntry> entries, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            entries.Enqueue(new LogEntry(name, logLevel, formatter(state, exception), exception));
    }
}

internal sealed record LogEntry(string Category, LogLevel Level, string Message, Exception? Error);
