using System.Globalization;

namespace Pinion.Triton;

/// <summary>What a configuration has wrong and what of it is not used, each with file and line; no more of each than people read.</summary>
internal sealed class ConfigLog(string source)
{
    private const int Most = 100;

    public List<string> Problems { get; } = [];

    public List<string> Warnings { get; } = [];

    public void Problem(TextPosition position, string message) => Add(Problems, position.Line, message);

    public void Problem(int line, string message) => Add(Problems, line, message);

    public void Warn(TextPosition position, string message) => Add(Warnings, position.Line, message);

    public void Warn(int line, string message) => Add(Warnings, line, message);

    private void Add(List<string> list, int line, string message)
    {
        if (list.Count < Most)
        {
            list.Add(line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{source}:{line}: {message}") : $"{source}: {message}");
        }
        else if (list.Count == Most)
        {
            list.Add($"{source}: there are more than these {Most}.");
        }
    }
}
