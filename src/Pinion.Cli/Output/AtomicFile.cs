namespace Pinion.Cli;

/// <summary>A file that appears whole or not at all: written beside its target, flushed to disk, then renamed over it.</summary>
internal sealed class AtomicFile : IDisposable
{
    private readonly string _path;
    private readonly string? _temporary;
    private readonly IDisposable _shield;
    private bool _committed;

    private AtomicFile(string path, string? temporary, FileStream stream, IDisposable shield)
    {
        _path = path;
        _temporary = temporary;
        _shield = shield;
        Stream = new ErrorNamingStream(stream, path);
        File = stream;
    }

    public Stream Stream { get; }

    private FileStream File { get; }

    /// <exception cref="WorkException">The folder does not exist or cannot be written.</exception>
    public static AtomicFile Create(string path)
    {
        IDisposable shield = Interrupt.Shield();
        try
        {
            var info = new FileInfo(path);
            string target = info.LinkTarget is null ? info.FullName : info.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            if (IsDevice(target))
            {
                return new AtomicFile(path, null, new FileStream(target, FileMode.Open, FileAccess.Write), shield);
            }
            if (Directory.Exists(target))
            {
                throw new WorkException($"{path} cannot be written: it is a folder.");
            }
            string folder = Path.GetDirectoryName(target) ?? ".";
            string temporary = Path.Combine(folder, $".{Path.GetFileName(target)}.{Environment.ProcessId}.tmp");
            var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None);
            return new AtomicFile(target, temporary, stream, shield);
        }
        catch (Exception e) when (IsWriteError(e))
        {
            shield.Dispose();
            throw CannotWrite(path, e);
        }
        catch
        {
            shield.Dispose();
            throw;
        }
    }

    /// <summary>Writes all of <paramref name="bytes"/> to <paramref name="path"/>.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using AtomicFile file = Create(path);
        file.Stream.Write(bytes);
        file.Commit();
    }

    /// <summary>Makes the file appear under its name. Without it, disposal leaves nothing behind.</summary>
    public void Commit()
    {
        try
        {
            File.Flush(flushToDisk: _temporary is not null);
            File.Dispose();
            if (_temporary is not null)
            {
                System.IO.File.Move(_temporary, _path, overwrite: true);
            }
            _committed = true;
        }
        catch (Exception e) when (IsWriteError(e))
        {
            throw CannotWrite(_path, e);
        }
    }

    public void Dispose()
    {
        using IDisposable shield = _shield;
        if (_committed)
        {
            return;
        }
        try
        {
            File.Dispose();
        }
        catch (Exception e) when (IsWriteError(e))
        {
            // A full disk says so again when buffers are flushed; the file goes away either way.
        }
        if (_temporary is not null)
        {
            System.IO.File.Delete(_temporary);
        }
    }

    /// <summary>A file beyond the file system's or the user's limit is an argument out of range to .NET.</summary>
    internal static bool IsWriteError(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    internal static WorkException CannotWrite(string path, Exception reason)
    {
        string text = reason.Message;
        int file = Math.Max(text.LastIndexOf(" : '", StringComparison.Ordinal), text.LastIndexOf(" (Parameter '", StringComparison.Ordinal));
        return new WorkException($"{path} cannot be written: {(file > 0 ? text[..file] : text.TrimEnd('.'))}.", reason);
    }

    /// <summary>Devices are written as they are: a rename would replace the device itself.</summary>
    internal static bool IsDevice(string path) =>
        !OperatingSystem.IsWindows() && (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal)) &&
        System.IO.File.Exists(path) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);

    /// <summary>Gives write errors the file's name and a sentence.</summary>
    private sealed class ErrorNamingStream(FileStream inner, string path) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
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
                inner.Write(buffer);
            }
            catch (Exception e) when (IsWriteError(e))
            {
                throw CannotWrite(path, e);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
