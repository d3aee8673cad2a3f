namespace Pinion.Cli;

/// <summary>Warnings of TensorRT's log while something goes on. Threads: any.</summary>
internal sealed class LogTally(Terminal terminal) : IDisposable
{
    private const int MostLines = 1000;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public void Add(string line)
    {
        lock (_lock)
        {
            if (_lines.Count < MostLines)
            {
                _lines.Add(line);
            }
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _lines.Clear();
        }
    }

    public void Dispose() => terminal.EndTally();
}
