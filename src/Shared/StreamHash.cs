using System.Buffers;
using System.Security.Cryptography;

namespace Pinion;

/// <summary>Hashes streams through one buffer, whatever their size.</summary>
internal static class StreamHash
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Adds a stream from where it stands, to its end or so many bytes on.</summary>
    public static void Append(IncrementalHash hash, Stream stream, long bytes, CancellationToken cancellation)
    {
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
    }
}
