using Spectre.Console;

namespace Pinion.Cli;

/// <summary>
/// Where a command's words go. Facts go to standard output; progress, notes, warnings and TensorRT's log go to standard error,
/// and so does everything but the document where JSON is asked for.
/// </summary>
internal sealed class Terminal
{
    private readonly Lock _lock = new();
    private ProgressLine? _progress;
    private volatile LogTally? _tally;
    private IAnsiConsole? _console;

    public Terminal(bool json, bool verbose)
    {
        Json = json;
        Verbose = verbose;
    }

    public bool Json { get; }

    public bool Verbose { get; }

    /// <summary>Standard output for tables; in a pipe without colors and with room for whole lines.</summary>
    public IAnsiConsole Console => _console ??= CreateConsole();

    /// <summary>A table of facts, and what of it goes on below.</summary>
    public void Show(FactTable table)
    {
        foreach (Table part in table.Fit(Console))
        {
            Console.Write(part);
        }
    }

    /// <summary>A line of facts.</summary>
    public void Say(string line)
    {
        if (Json)
        {
            Note(line);
            return;
        }

        lock (_lock)
        {
            _progress?.Clear();
            System.Console.Out.WriteLine(line);
        }
    }

    /// <summary>A line of facts about a file; on standard error if the file itself goes to standard output.</summary>
    public void SayOf(string file, string line)
    {
        if (StandardOutput.Is(file))
        {
            Note(line);
            return;
        }

        Say(line);
    }

    /// <summary>A line about what goes on, on standard error.</summary>
    public void Note(string line)
    {
        lock (_lock)
        {
            _progress?.Clear();
            System.Console.Error.WriteLine(line);
        }
    }

    public void Warn(string text) => Note($"warning: {text}");

    /// <summary>Whether TensorRT's errors are on standard error already when a command fails.</summary>
    public static bool LogIsShown { get; private set; }

    /// <summary>Sends Pinion's and TensorRT's log to standard error: warnings and worse, everything with --verbose.</summary>
    public void ShowLog()
    {
        PinionRuntime.SetLog(OnLog, Verbose ? LogSeverity.Verbose : LogSeverity.Warning);
        LogIsShown = true;
    }

    /// <summary>Collects the log's warnings until disposed, beside showing them.</summary>
    public LogTally CollectWarnings()
    {
        var tally = new LogTally(this);
        _tally = tally;
        return tally;
    }

    internal void EndTally() => _tally = null;

    /// <summary>Shows progress of one long step until disposed.</summary>
    public ProgressLine StartProgress(string what)
    {
        var progress = new ProgressLine(this, _lock, what, onTerminal: !System.Console.IsErrorRedirected);
        lock (_lock)
        {
            _progress = progress;
        }

        return progress;
    }

    internal void EndProgress()
    {
        lock (_lock)
        {
            _progress?.Clear();
            _progress = null;
        }
    }

    private void OnLog(LogSeverity severity, string message)
    {
        // What RuntimeFacts notes of the host SDK in a sentence, Pinion's library and the SDK say again while they build.
        if (!Verbose && severity == LogSeverity.Warning && message.Contains("no fast FP16", StringComparison.Ordinal) && !PinionRuntime.Info.ComputesOnGpu)
        {
            return;
        }

        if (severity == LogSeverity.Warning)
        {
            _tally?.Add(message);
        }

        string name = severity switch
        {
            LogSeverity.InternalError or LogSeverity.Error => "error",
            LogSeverity.Warning => "warning",
            LogSeverity.Info => "info",
            _ => "verbose",
        };
        Note($"[{name}] {message}");
    }

    private static IAnsiConsole CreateConsole()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Out) });
        if (System.Console.IsOutputRedirected)
        {
            console.Profile.Width = 100_000;
            console.Profile.Capabilities.Ansi = false;
            console.Profile.Capabilities.Unicode = false;
        }

        return console;
    }
}
