using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>The bytes of a stream in native memory, which may be more than an array holds. Owner: who disposes it. Threads: one at a time.</summary>
internal sealed unsafe class NativeBytes : IDisposable
{
    private const long FirstBytes = 1 << 20;
    private const int ReadBytes = 1 << 20;

    private nuint _capacity;

    private NativeBytes(long capacity)
    {
        _capacity = (nuint)capacity;
        Pointer = (byte*)NativeMemory.Alloc(_capacity);
    }

    internal byte* Pointer { get; private set; }

    internal ulong Length { get; private set; }

    internal static NativeBytes ReadToEnd(Stream stream)
    {
        // One more than there is, so that the end is seen before the memory would grow.
        var bytes = new NativeBytes(stream.CanSeek ? Math.Max(0, stream.Length - stream.Position) + 1 : FirstBytes);
        try
        {
            while (bytes.Read(stream))
            {
            }

            return bytes;
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }

    /// <returns>False at the end.</returns>
    private bool Read(Stream stream)
    {
        if (Length == _capacity)
        {
            Pointer = (byte*)NativeMemory.Realloc(Pointer, _capacity * 2);
            _capacity *= 2;
        }

        int read = stream.Read(new Span<byte>(Pointer + Length, (int)Math.Min(_capacity - (nuint)Length, ReadBytes)));
        Length += (ulong)read;
        return read > 0;
    }
}
