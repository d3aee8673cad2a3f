using System.Collections.Concurrent;

namespace Pinion.Cli;

/// <summary>A folder that goes away with its owner, or with the process if that is ended first.</summary>
internal sealed class ScratchFolder : IDisposable
{
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
            Delete(path);
        }
    }

    public void Dispose() => Delete(Path);

    private static void Delete(string path)
    {
        if (!Existing.TryRemove(path, out _))
        {
            return;
        }

        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is in the folder for such things; the work itself is done.
        }
    }
}
