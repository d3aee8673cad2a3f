using Microsoft.Win32.SafeHandles;

namespace Pinion.Cli;

/// <summary>Standard output as a file that a command is told to write.</summary>
internal static class StandardOutput
{
    private const string Own = "/proc/self/fd/1";

    private static readonly string[] Names = ["/dev/stdout", "/dev/fd/1", Own];

    /// <summary>Whether what is written to a path comes out where standard output does.</summary>
    public static bool Is(string path)
    {
        if (OperatingSystem.IsWindows() || path.Length == 0)
        {
            return false;
        }

        string target;
        try
        {
            target = FinalTarget.Of(path);
        }
        catch (IOException)
        {
            return false;
        }

        return Names.Contains(target) || (target != "/dev/null" && FinalTarget.IsDevice(target) && target == new FileInfo(Own).LinkTarget);
    }

    /// <summary>Not the console's own stream: while that waits for a reader, nothing can be written to standard error either.</summary>
    public static FileStream Open() => new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    /// <summary>Two documents in one stream are neither.</summary>
    /// <exception cref="UsageException">--json is to print to where the file goes.</exception>
    public static void RefuseJson(Terminal terminal, string output)
    {
        if (terminal.Json && Is(output))
        {
            throw new UsageException($"--json prints its document to standard output, and so would -o {output} the file; write to a file, or leave --json out.");
        }
    }
}
