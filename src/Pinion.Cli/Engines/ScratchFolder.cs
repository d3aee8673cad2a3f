using System.Collections.Concurrent;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Pinion.Cli;

/// <summary>A folder that goes away with its owner, or with the process if that is ended first.</summary>
internal sealed partial class ScratchFolder : IDisposable
{
    /// <summary>The host SDK works in such a folder for seconds, so one that is older is nobody's.</summary>
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
    }

    /// <summary>Deletes what processes that were ended by force in the middle of a build have left among the temporary files.</summary>
    public static void DeleteAbandoned()
    {
        DateTimeOffset newest = DateTimeOffset.UtcNow - Abandoned;
        try
        {
            foreach (string folder in new FileSystemEnumerable<string>(System.IO.Path.GetTempPath(), (ref FileSystemEntry e) => e.ToFullPath())
            {
                ShouldIncludePredicate = (ref FileSystemEntry e) => e.IsDirectory && e.LastWriteTimeUtc < newest && HostFolder().IsMatch(e.FileName),
            })
            {
                Delete(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Others clean there too.
        }
    }

    public void Dispose()
    {
        if (Existing.TryRemove(Path, out _))
        {
            Delete(Path);
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

    [GeneratedRegex("^pinion-[0-9a-f]+-[0-9a-f]+$")]
    private static partial Regex HostFolder();
}
