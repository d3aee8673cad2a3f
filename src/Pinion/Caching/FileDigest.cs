using System.Buffers;
using System.Security.Cryptography;

namespace Pinion;

/// <summary>SHA-256 of files, through one buffer. Not a faster hash: whoever may upload models must not be able to make two of one key.</summary>
internal static class FileDigest
{
    private const int BufferBytes = 1 << 20;

    /// <exception cref="IOException">The file cannot be read; the message names it.</exception>
    internal static string OfFile(string path, CancellationToken cancellation = default)
    {
        try
        {
            using FileStream file = Open(path);
            return Of(file, long.MaxValue, cancellation);
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e) && e is not FileNotFoundException)
        {
            throw CacheErrors.CannotRead(path, e);
        }
    }

    internal static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        Options = FileOptions.SequentialScan,
    });

    /// <summary>Of a stream from where it stands, to its end or so many bytes on.</summary>
    internal static string Of(Stream stream, long bytes, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, bytes))) > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
                bytes -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
