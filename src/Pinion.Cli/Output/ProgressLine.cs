using System.Diagnostics;
using System.Globalization;

namespace Pinion.Cli;

/// <summary>
/// Progress with elapsed time on standard error: one line that is rewritten on a terminal, a line per phase in a pipe.
/// </summary>
internal sealed class ProgressLine : IProgress<BuildProgress>, IDisposable
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    private readonly Terminal _terminal;
    private readonly Lock _lock;
    private readonly string _what;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Timer? _timer;
    private readonly HashSet<string> _printed = [];
    private readonly BuildPhases _phases = new();
    private string? _state;
    private bool _drawn;
    private bool _ended;

    public ProgressLine(Terminal terminal, Lock shared, string what, bool onTerminal)
    {
        _terminal = terminal;
        _lock = shared;
        _what = what;
        if (onTerminal)
        {
            _timer = new Timer(_ => Draw(), null, TimeSpan.Zero, Refresh);
        }
        else
        {
            terminal.Note(Line(TimeSpan.Zero, what));
        }
    }

    public TimeSpan Elapsed => _watch.Elapsed;

    public void Report(BuildProgress value)
    {
        if (_timer is not null)
        {
            lock (_lock)
            {
                _phases.Report(value);
                _state = null;
            }

            return;
        }
        // Nested phases come by the hundred on TensorRT 10; a log wants the outer ones.
        if (string.IsNullOrEmpty(value.Parent) && _printed.Add(value.Phase))
        {
            _terminal.Note(Line(value.Elapsed, value.Phase));
        }
    }

    /// <summary>What the terminal's line shows behind its subject; a pipe does not hear of it.</summary>
    public void Show(string state)
    {
        lock (_lock)
        {
            _state = state;
        }
    }

    /// <summary>Takes the line away so that another can be printed; called with the terminal's lock held.</summary>
    public void Clear()
    {
        if (_drawn)
        {
            Console.Error.Write("\r\u001b[K");
            _drawn = false;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
        }

        _timer?.Dispose();
        _terminal.EndProgress();
    }

    /// <summary>A bar over the whole and the time left, where TensorRT says enough for that, and the innermost phase.</summary>
    internal static string State(BuildPhases phases, TimeSpan elapsed)
    {
        const int Cells = 16;
        if (phases.Fraction is not { } fraction)
        {
            return phases.Current;
        }

        int done = (int)(fraction * Cells);
        string left = phases.TimeLeft(elapsed) is { } time ? string.Create(CultureInfo.InvariantCulture, $", about {time.TotalSeconds:F0} s left") : "";
        return string.Create(CultureInfo.InvariantCulture, $"[{new string('#', done)}{new string('.', Cells - done)}] {fraction * 100:F0}%{left}: {phases.Current}");
    }

    private static string Line(TimeSpan elapsed, string text) => string.Create(CultureInfo.InvariantCulture, $"[{elapsed.TotalSeconds,7:F1} s] {text}");

    private void Draw()
    {
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            string state = _state ?? State(_phases, _watch.Elapsed);
            string line = Line(_watch.Elapsed, state.Length == 0 ? _what : $"{_what}: {state}");
            int width = WindowWidth();
            Console.Error.Write("\r" + (line.Length >= width ? line[..(width - 1)] : line) + "\u001b[K");
            _drawn = true;
        }
    }

    private static int WindowWidth()
    {
        try
        {
            return Console.WindowWidth is > 10 and int width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
