namespace Pinion.Zoo;

/// <summary>Writes a file whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Lets `write` fill a temporary file beside `path`, then puts it in place. Whatever fails, `path` is as it was and
    /// the temporary file is gone. With a known length the space is claimed first, so that a full disk shows at once.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written; the message names `path`.</exception>
    public static void Write(string path, long length, Action<Stream> write)
    {
        if (IsDevice(path))
        {
            using var device = new FileStream(path, FileMode.Open, FileAccess.Write);
            write(device);
            return;
        }
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
        {
            throw new IOException($"cannot write '{path}': it is a folder");
        }
        string? temporary = null;
        try
        {
            // Through a link, to what it points at.
            if (new FileInfo(target) is { LinkTarget: not null } link)
            {
                target = link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            }
            temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
            using (var stream = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                PreallocationSize = length,
            }))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception e)
        {
            Remove(temporary);
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"cannot write '{path}': {e.Message}", e);
            }
            throw;
        }
    }

    private static void Remove(string? temporary)
    {
        try
        {
            File.Delete(temporary ?? "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The first failure is the one to report.
        }
    }

    /// <summary>/dev/null and its like are written to; replacing them by a file would be a disaster.</summary>
    private static bool IsDevice(string path) =>
        !OperatingSystem.IsWindows() && Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal) && !IsShm(path);

    private static bool IsShm(string path) => Path.GetFullPath(path).StartsWith("/dev/shm/", StringComparison.Ordinal);
}
