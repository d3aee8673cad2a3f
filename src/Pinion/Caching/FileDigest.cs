using System.Security.Cryptography;

namespace Pinion;

/// <summary>SHA-256 of files, through one buffer. Not a faster hash: whoever may upload models must not be able to make two of one key.</summary>
internal static class FileDigest
{
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
        StreamHash.Append(hash, stream, bytes, cancellation);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
