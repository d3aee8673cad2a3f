using System.CommandLine;

namespace Pinion.Cli;

/// <summary>The options that say in which process an engine is built, and within which limits.</summary>
internal sealed class IsolationOptionSet
{
    private const double LongestSeconds = 7 * 24 * 3600;

    private readonly Option<bool> _inProcess = new("--in-process") { Description = "Build in this process, which then dies with a parser that crashes (default: in one of its own)." };
    private readonly Option<double?> _timeLimit = new("--time-limit") { Description = "Seconds that the build may take (default: as long as it takes).", HelpName = "S" };
    private readonly Option<string> _memoryLimit = new("--memory-limit") { Description = "Resident memory that the build may take: a number with B, K, M or G, MiB without (default: as much as there is).", HelpName = "SIZE" };
    private readonly Option<string> _reproducer = new("--keep-reproducer") { Description = "Folder for the model and the options of a build that crashes, is killed or reaches a limit (default: not kept).", HelpName = "DIR" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_inProcess, _timeLimit, _memoryLimit, _reproducer])
        {
            command.Add(option);
        }
    }

    /// <summary>Null where the build is to be in process.</summary>
    /// <exception cref="UsageException">A value is out of range, or has no effect in process.</exception>
    public IsolationOptions? Read(ParseResult result)
    {
        double? seconds = result.GetValue(_timeLimit);
        string? memory = result.GetValue(_memoryLimit);
        string? folder = result.GetValue(_reproducer);
        if (result.GetValue(_inProcess))
        {
            string? useless = seconds is not null ? _timeLimit.Name : memory is not null ? _memoryLimit.Name : folder is not null ? _reproducer.Name : null;
            return useless is null ? null : throw new UsageException($"{useless} needs a process that can be ended; leave out {_inProcess.Name}.");
        }

        if (folder is "")
        {
            throw new UsageException($"{_reproducer.Name} is empty; give it the name of a folder.");
        }

        return new IsolationOptions
        {
            TimeLimit = seconds is { } s ? TimeSpan.FromSeconds(OptionRange.Check(s, 0.001, LongestSeconds, _timeLimit.Name, " seconds")) : null,
            MemoryLimitBytes = memory is null ? null : SizeText.ParseBytes(memory, _memoryLimit.Name),
            ReproducerFolder = folder,
        };
    }
}
