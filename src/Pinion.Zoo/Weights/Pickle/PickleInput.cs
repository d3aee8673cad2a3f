using System.Buffers.Binary;
using System.Text;

namespace Pinion.Zoo;

/// <summary>Reads a pickle's opcodes and operands. Large operands are passed over, not read.</summary>
internal sealed class PickleInput(Stream stream, CancellationToken cancellation) : SkippingReader(stream)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Asked now and then by whatever takes long.</summary>
    public CancellationToken Cancellation => cancellation;

    public ushort ReadUInt16()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public uint ReadUInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong ReadUInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public double ReadBigEndianDouble()
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        Read(bytes);
        return BinaryPrimitives.ReadDoubleBigEndian(bytes);
    }

    /// <summary>Text of `length` bytes; the caller has checked that the length is a sane one.</summary>
    public string ReadText(int length)
    {
        byte[] bytes = new byte[length];
        Read(bytes);
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new PickleException("a string is not UTF-8", Position);
        }
    }

    /// <summary>ASCII up to a line feed.</summary>
    public string ReadLine(int limit)
    {
        var line = new StringBuilder();
        for (byte b = ReadByte(); b != '\n'; b = ReadByte())
        {
            if (line.Length == limit)
            {
                throw new PickleException($"a name is longer than {limit} characters", Position);
            }

            line.Append((char)b);
        }

        return line.ToString();
    }

    /// <summary>Passes over bytes that stay in the file until they are needed.</summary>
    public PickleBytes Slice(ulong length, bool isLatin1Text = false)
    {
        var slice = new PickleBytes(Position, (long)Math.Min(length, long.MaxValue), isLatin1Text);
        Skip(length);
        return slice;
    }

    protected override Exception Truncated() => new PickleException("the file is cut off", Length);
}
