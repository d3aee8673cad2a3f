using System.Buffers.Binary;
using System.Text;

namespace Pinion.Zoo.Tests;

/// <summary>Pickles written opcode by opcode, for files that no pickler would write.</summary>
internal sealed class PickleBuilder
{
    private readonly List<byte> _bytes = [];

    public PickleBuilder(byte protocol = 4)
    {
        Raw(0x80, protocol);
    }

    public byte[] ToArray() => [.. _bytes];

    public PickleBuilder Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleBuilder Op(char opcode) => Raw((byte)opcode);

    /// <summary>BINUNICODE: a four-byte length and UTF-8.</summary>
    public PickleBuilder Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Op('X').UInt32((uint)utf8.Length).Raw(utf8);
    }

    /// <summary>GLOBAL: module and name, each ended by a line feed.</summary>
    public PickleBuilder Global(string module, string name) => Raw(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

    public PickleBuilder Int(int value) => Op('J').UInt32((uint)value);

    public PickleBuilder Bytes(params byte[] bytes) => Op('B').UInt32((uint)bytes.Length).Raw(bytes);

    public PickleBuilder UInt32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public PickleBuilder UInt64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public PickleBuilder Repeat(int count, Action<PickleBuilder> part)
    {
        for (int i = 0; i < count; ++i)
        {
            part(this);
        }

        return this;
    }

    /// <summary>A dtype such as f4, little-endian, as numpy pickles it.</summary>
    public PickleBuilder Dtype(string code) => Global("numpy", "dtype").Text(code).Raw(0x89, 0x88, 0x87).Op('R')
        .Op('(').Int(3).Text("<").Op('N').Op('N').Op('N').Int(-1).Int(-1).Int(0).Op('t').Op('b');

    /// <summary>An array of float32, as numpy pickles it.</summary>
    public PickleBuilder Array(int[] shape, byte[] data, string code = "f4")
    {
        Global("numpy.core.multiarray", "_reconstruct").Global("numpy", "ndarray").Int(0).Raw(0x85).Bytes((byte)'b').Raw(0x87).Op('R');
        Op('(').Int(1).Op('(');
        foreach (int d in shape)
        {
            Int(d);
        }

        return Op('t').Dtype(code).Raw(0x89).Bytes(data).Op('t').Op('b');
    }
}
