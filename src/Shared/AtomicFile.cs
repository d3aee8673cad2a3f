namespace Pinion;

/// <summary>
/// A file that appears whole or not at all: written beside its target, flushed to disk, then renamed over it. Links are
/// written through, devices as they are. Its source is part of every assembly that writes files.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private readonly string _path;
    private readonly string _target;
    private readonly string? _temporary;
    private readonly FileStream _file;
    private bool _committed;

    private AtomicFile(string path, string target, string? temporary, FileStream file)
    {
        _path = path;
        _target = target;
        _temporary = temporary;
        _file = file;
        Stream = new NamingStream(this);
    }

    /// <summary>Where to write; its failures name the file.</summary>
    public Stream Stream { get; }

    /// <summary>The file that holds the bytes so far; null where they go to a device.</summary>
    public string? Temporary => _temporary;

    /// <summary>Begins a file. With a known `length` the space is claimed now, so that a full disk shows at once.</summary>
    /// <exception cref="IOException">The file cannot be written; the message names `path`.</exception>
    public static AtomicFile Create(string path, long length = 0)
    {
        string? temporary = null;
        try
        {
            string target = FinalTarget.Of(path);
            if (FinalTarget.IsDevice(target))
            {
                return new AtomicFile(path, target, null, new FileStream(target, FileMode.Open, FileAccess.Write));
            }

            if (Directory.Exists(target))
            {
                throw new IOException("it is a folder; name a file in it");
            }

            string folder = Path.GetDirectoryName(target)!;
            if (!Directory.Exists(folder))
            {
                throw new DirectoryNotFoundException($"the folder {folder} does not exist");
            }

            temporary = Path.Combine(folder, $".{Path.GetFileName(target)}.{Guid.NewGuid().ToString("N")[..8]}.tmp");
            var stream = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                PreallocationSize = length,
            });
            return new AtomicFile(path, target, temporary, stream);
        }
        catch (Exception e) when (IsWriteError(e))
        {
            throw CannotWrite(path, temporary, e);
        }
    }

    /// <summary>Writes a file whole. What `write` throws of its own comes out as it is; the file is then as before.</summary>
    /// <exception cref="IOException">The file cannot be written; the message names `path`.</exception>
    public static void Write(string path, long length, Action<Stream> write)
    {
        using AtomicFile file = Create(path, length);
        write(file.Stream);
        file.Commit();
    }

    /// <summary>Makes the file appear under its name. Without it, disposal leaves nothing behind.</summary>
    public void Commit()
    {
        try
        {
            _file.Flush(flushToDisk: _temporary is not null);
            _file.Dispose();
            if (_temporary is not null)
            {
                File.Move(_temporary, _target, overwrite: true);
            }

            _committed = true;
        }
        catch (Exception e) when (IsWriteError(e))
        {
            throw CannotWrite(_path, _temporary, e);
        }
    }

    public void Dispose()
    {
        if (_committed)
        {
            return;
        }

        try
        {
            _file.Dispose();
        }
        catch (Exception e) when (IsWriteError(e))
        {
            // A full disk says so again when buffers are flushed; the file goes away either way.
        }

        if (_temporary is null)
        {
            return;
        }

        try
        {
            File.Delete(_temporary);
        }
        catch (Exception e) when (IsWriteError(e))
        {
            // The first failure is the one to report.
        }
    }

    /// <summary>A file beyond the file system's or the user's limit is an argument out of range to .NET.</summary>
    public static bool IsWriteError(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    /// <summary>Why something could not be written, without the name that .NET adds and without a full stop.</summary>
    public static string Reason(Exception e)
    {
        switch (e)
        {
            case ArgumentOutOfRangeException:
                return "it is too large for the file system, or for the limit on file sizes";
            case UnauthorizedAccessException:
                return "permission is denied";
            case FileNotFoundException:
                return "it does not exist";
            default:
                int name = e.Message.LastIndexOf(" : '", StringComparison.Ordinal);
                return name > 0 ? e.Message[..name] : e.Message.TrimEnd('.');
        }
    }

    private static IOException CannotWrite(string path, string? temporary, Exception e)
    {
        string reason = Reason(e);
        string message = $"{path} cannot be written: {(temporary is null ? reason : reason.Replace(temporary, path, StringComparison.Ordinal))}.";
        return e is DirectoryNotFoundException ? new DirectoryNotFoundException(message, e) : new IOException(message, e);
    }

    /// <summary>Gives write errors the file's name and a sentence.</summary>
    private sealed class NamingStream(AtomicFile owner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => owner._file.Length;

        public override long Position
        {
            get => owner._file.Position;
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
            // Nothing: Commit flushes, and reports what fails then.
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                owner._file.Write(buffer);
            }
            catch (Exception e) when (IsWriteError(e))
            {
                throw CannotWrite(owner._path, owner._temporary, e);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
