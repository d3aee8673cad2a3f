using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Pinion.Cli;

/// <summary>A folder that goes away with its owner, or with the process if that is ended first.</summary>
internal sealed partial class ScratchFolder : IDisposable
{
    /// <summary>A build works in such a folder for seconds or minutes, so one that nothing has used for that long is nobody's.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private static readonly ConcurrentDictionary<string, byte> Existing = [];

    private ScratchFolder(string path)
    {
        Path = path;
    }

    public string Path { get; }

    /// <exception cref="IOException">The system's folder for temporary files cannot be written.</exception>
    public static ScratchFolder Create()
    {
        // The process does not end between the folder and the note of it.
        using IDisposable shield = Interrupt.Shield();
        var folder = new ScratchFolder(Directory.CreateTempSubdirectory("pinion-zoo-").FullName);
        Existing.TryAdd(folder.Path, 0);
        return folder;
    }

    /// <summary>Deletes what is left; for a process that is about to be ended.</summary>
    public static void DeleteAll()
    {
        foreach (string path in Existing.Keys)
        {
            Existing.TryRemove(path, out _);
            Delete(path);
        }

        foreach (string path in BuildFolders($"pinion-{Environment.ProcessId}-"))
        {
            Delete(path);
        }
    }

    /// <summary>Deletes what processes that were ended by force in the middle of a build have left among the temporary files.</summary>
    public static void DeleteAbandoned()
    {
        DateTime newest = DateTime.UtcNow - Abandoned;
        foreach (string path in BuildFolders("pinion-").Where(path => Directory.GetLastWriteTimeUtc(path) < newest))
        {
            Delete(path);
        }
    }

    public void Dispose()
    {
        // Nor in the middle of this: who ends it would find no note of what is left.
        using IDisposable shield = Interrupt.Shield();
        if (Existing.TryRemove(Path, out _))
        {
            Delete(Path);
        }
    }

    /// <summary>The folders of builds among the temporary files: the process's number, and the host SDK's count or a random name of a build in a process of its own.</summary>
    private static string[] BuildFolders(string prefix)
    {
        try
        {
            return [.. Directory.GetDirectories(System.IO.Path.GetTempPath(), $"{prefix}*").Where(path => BuildFolder().IsMatch(System.IO.Path.GetFileName(path)))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Others clean there too.
            return [];
        }
    }

    private static void Delete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is in the folder for such things; the work itself is done.
        }
    }

    [GeneratedRegex("^pinion-[0-9]+-[0-9A-Za-z]+$")]
    private static partial Regex BuildFolder();
}
