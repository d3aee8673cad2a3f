using System.Buffers.Binary;

namespace Pinion.Vision;

/// <summary>The chunks of a PNG that are whole.</summary>
internal ref struct PngChunks(ReadOnlySpan<byte> file)
{
    private const int Signature = 8;

    /// <summary>Length and name in front of the data, a checksum behind it.</summary>
    private const int Around = 12;

    private ReadOnlySpan<byte> _rest = file[Signature..];

    public PngChunk Current { get; private set; }

    public readonly PngChunks GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.Length < Around || BinaryPrimitives.ReadUInt32BigEndian(_rest) is var length && length > _rest.Length - Around)
        {
            return false;
        }

        Current = new PngChunk(_rest.Slice(4, 4), _rest.Slice(8, (int)length));
        _rest = _rest[((int)length + Around)..];
        return true;
    }
}

internal readonly ref struct PngChunk(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _name = name;

    public ReadOnlySpan<byte> Data { get; } = data;

    public bool Is(ReadOnlySpan<byte> name) => _name.SequenceEqual(name);
}
