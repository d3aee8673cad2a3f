using System.Collections.Concurrent;

namespace Pinion.Cli;

/// <summary>
/// A file that a command writes: whole or not at all, devices excepted. A signal does not end the process while the file
/// is begun, put in its place or deleted; if it does in between, what there is of the file goes first.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private static readonly ConcurrentDictionary<string, byte> Unfinished = [];

    private readonly AtomicFile? _file;

    private OutputFile(AtomicFile? file)
    {
        _file = file;
        Stream = file?.Stream ?? StandardOutput.Open();
    }

    public Stream Stream { get; }

    /// <summary>Begins a file of `length` bytes, or of a length that is not known.</summary>
    /// <exception cref="IOException">The folder does not exist or cannot be written.</exception>
    public static OutputFile Create(string path, long length = 0)
    {
        using IDisposable shield = Interrupt.Shield();
        if (StandardOutput.Is(path))
        {
            // Opened by name it would have a position of its own, and overwrite what others have written there.
            return new OutputFile(null);
        }

        var file = AtomicFile.Create(path, length);
        if (file.Temporary is { } temporary)
        {
            Unfinished.TryAdd(temporary, 0);
        }

        return new OutputFile(file);
    }

    /// <summary>Writes all of <paramref name="bytes"/> to <paramref name="path"/>.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using OutputFile file = Create(path);
        file.Stream.Write(bytes);
        file.Commit();
    }

    /// <summary>Deletes what is not finished; for a process that is about to be ended.</summary>
    public static void DeleteAll()
    {
        foreach (string path in Unfinished.Keys)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Nothing more can be done for it.
            }
        }
    }

    /// <summary>Makes the file appear under its name. Without it, disposal leaves nothing behind.</summary>
    public void Commit()
    {
        using IDisposable shield = Interrupt.Shield();
        _file?.Commit();
        // A FileStream writes to a file at an offset of its own; asking for the handle moves the one that others share.
        _ = (Stream as FileStream)?.SafeFileHandle;
    }

    public void Dispose()
    {
        using IDisposable shield = Interrupt.Shield();
        _file?.Dispose();
        if (_file?.Temporary is { } temporary)
        {
            Unfinished.TryRemove(temporary, out _);
        }
    }
}
