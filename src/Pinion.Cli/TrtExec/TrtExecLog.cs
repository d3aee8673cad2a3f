using System.Globalization;

namespace Pinion.Cli;

/// <summary>Lines as trtexec writes them: time, severity, text; information to standard output, the rest to standard error.</summary>
internal sealed class TrtExecLog(bool verbose)
{
    private readonly Lock _lock = new();

    public bool Verbose => verbose;

    public void Info(string text = "") => Write(Console.Out, 'I', text);

    public void Warning(string text) => Write(Console.Error, 'W', text);

    public void Error(string text) => Write(Console.Error, 'E', text);

    /// <summary>The lines that scripts look for; without time and severity.</summary>
    public void Result(string state, string test, string commandLine)
    {
        lock (_lock)
        {
            Console.Out.WriteLine($"&&&& {state} {test} # {commandLine}");
        }
    }

    public void FromTensorRt(LogSeverity severity, string message)
    {
        (TextWriter writer, char mark) = severity switch
        {
            LogSeverity.InternalError or LogSeverity.Error => (Console.Error, 'E'),
            LogSeverity.Warning => (Console.Error, 'W'),
            LogSeverity.Info => (Console.Out, 'I'),
            _ => (Console.Out, 'V'),
        };
        Write(writer, mark, $"[TRT] {message}");
    }

    /// <summary>A number as C++ streams print it: six significant digits.</summary>
    public static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture).Replace('E', 'e');

    private void Write(TextWriter writer, char severity, string text)
    {
        string time = DateTime.Now.ToString("MM/dd/yyyy-HH:mm:ss", CultureInfo.InvariantCulture);
        lock (_lock)
        {
            foreach (string line in text.Split('\n'))
            {
                writer.WriteLine($"[{time}] [{severity}] {line}");
            }
        }
    }
}
