using System.Buffers.Binary;
using System.Text;

namespace Pinion.Bindings.Tests;

/// <summary>The names that a 64-bit little-endian ELF library defines for others.</summary>
internal static class ElfExports
{
    private const int DynamicSymbols = 11;
    private const int SectionHeaderBytes = 64;
    private const int SymbolBytes = 24;

    internal static IReadOnlyList<string> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        if (!file.AsSpan(0, 6).SequenceEqual<byte>([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
        {
            throw new InvalidDataException($"{path} is no 64-bit little-endian ELF file.");
        }

        int sections = (int)U64(file, 0x28);
        int count = U16(file, 0x3c);
        for (int i = 0; i < count; i++)
        {
            int section = sections + (i * SectionHeaderBytes);
            if (U32(file, section + 4) == DynamicSymbols)
            {
                int strings = sections + ((int)U32(file, section + 40) * SectionHeaderBytes);
                return Read(file, (int)U64(file, section + 24), (int)U64(file, section + 32), (int)U64(file, strings + 24));
            }
        }

        throw new InvalidDataException($"{path} has no dynamic symbols.");
    }

    private static List<string> Read(byte[] file, int offset, int bytes, int strings)
    {
        var names = new List<string>();
        for (int symbol = offset; symbol < offset + bytes; symbol += SymbolBytes)
        {
            bool local = file[symbol + 4] >> 4 == 0;
            bool undefined = U16(file, symbol + 6) == 0;
            if (!local && !undefined)
            {
                int start = strings + (int)U32(file, symbol);
                names.Add(Encoding.UTF8.GetString(file, start, Array.IndexOf(file, (byte)0, start) - start));
            }
        }

        return names;
    }

    private static ushort U16(byte[] file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at));

    private static uint U32(byte[] file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));

    private static ulong U64(byte[] file, int at) => BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
}
