using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Pinion;

/// <summary>The frames of native/src/worker_frame.h.</summary>
internal enum FrameKind
{
    Request = 1,
    Model = 2,
    Hello = 3,
    Progress = 4,
    Log = 5,
    Crash = 6,
    Error = 7,
    Plan = 8,
    End = 9,
    Unloaded = 10,
}

/// <summary>A frame's header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FrameHeader(FrameKind Kind, int Reserved, ulong Bytes);

/// <summary>What came is no answer of a builder process: it ends too early, or is of another form.</summary>
internal sealed class TornStreamException(string message) : IOException(message);

/// <summary>Reads and writes whole frames, with every length checked.</summary>
internal static class BuilderFrames
{
    /// <summary>What both sides must have, as <c>pn_abi_version</c> gives it.</summary>
    internal const int AbiVersion = (NativeConstants.PN_ABI_MAJOR << 16) | NativeConstants.PN_ABI_MINOR;

    /// <summary>Of all frames but the plan.</summary>
    private const ulong MaxPayloadBytes = 64 << 20;

    internal static void Write(Stream stream, FrameKind kind, ReadOnlySpan<byte> payload)
    {
        var header = new FrameHeader(kind, 0, (ulong)payload.Length);
        stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<FrameHeader>(in header)));
        stream.Write(payload);
    }

    /// <summary>The next header; null where the stream ends before it.</summary>
    /// <exception cref="TornStreamException">It ends within it, or no frame of this kind and length exists.</exception>
    internal static FrameHeader? ReadHeader(Stream stream)
    {
        FrameHeader header = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<FrameHeader>(ref header));
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (read == 0)
        {
            return null;
        }

        return read == bytes.Length && header.Kind is >= FrameKind.Hello and <= FrameKind.Unloaded && header.Reserved == 0
            && header.Bytes <= (header.Kind == FrameKind.Plan ? long.MaxValue : MaxPayloadBytes)
            ? header
            : throw new TornStreamException($"{read} bytes came where a frame was due (kind {(int)header.Kind}, {header.Bytes} bytes)");
    }

    /// <exception cref="TornStreamException">The stream ends before it.</exception>
    internal static PayloadReader ReadPayload(Stream stream, FrameHeader header)
    {
        byte[] payload = new byte[header.Bytes];
        Read(stream, payload);
        return new PayloadReader(payload);
    }

    /// <exception cref="TornStreamException">The stream ends before it.</exception>
    internal static void Read(Stream stream, Span<byte> into)
    {
        int read = stream.ReadAtLeast(into, into.Length, throwOnEndOfStream: false);
        if (read < into.Length)
        {
            throw new TornStreamException($"the answer ended {into.Length - read} bytes too early");
        }
    }
}

/// <summary>The fields of a payload, in order.</summary>
internal sealed class PayloadWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    internal ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    internal void Number(int value) => Struct(value);

    internal void Struct<T>(T value)
        where T : unmanaged => _bytes.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    internal void Text(string value)
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        Number(text.Length);
        _bytes.Write(text);
    }
}

/// <summary>Reads what the native PayloadWriter wrote.</summary>
internal ref struct PayloadReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    internal readonly string Rest => Encoding.UTF8.GetString(_rest);

    /// <exception cref="TornStreamException">The payload ends before it, as for the others.</exception>
    internal unsafe T Number<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Take(sizeof(T)));

    internal string Text() => Encoding.UTF8.GetString(Take(Number<int>()));

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > _rest.Length)
        {
            throw new TornStreamException($"a field of {length} bytes in a payload that has {_rest.Length} left");
        }

        ReadOnlySpan<byte> field = _rest[..length];
        _rest = _rest[length..];
        return field;
    }
}
