using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Pinion.Bindings;

/// <summary>The libraries that a Windows library names in its import table.</summary>
internal static class PortableExecutableImports
{
    private const int DescriptorBytes = 20;
    private const int NameOffset = 12;

    internal static IReadOnlyList<string> Read(string path)
    {
        var names = new List<string>();
        try
        {
            using var reader = new PEReader(File.OpenRead(path));
            DirectoryEntry table = reader.PEHeaders.PEHeader?.ImportTableDirectory ?? default;
            if (table.RelativeVirtualAddress == 0)
            {
                return names;
            }

            BlobReader descriptors = reader.GetSectionData(table.RelativeVirtualAddress).GetReader();
            while (descriptors.RemainingBytes >= DescriptorBytes)
            {
                int start = descriptors.Offset;
                descriptors.Offset = start + NameOffset;
                int name = descriptors.ReadInt32();
                if (name == 0)
                {
                    break;
                }

                names.Add(ReadName(reader.GetSectionData(name).GetReader()));
                descriptors.Offset = start + DescriptorBytes;
            }
        }
        catch (Exception e) when (e is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            // What could be read is all that can be said; the caller's message stands without it.
        }

        return names;
    }

    private static string ReadName(BlobReader reader)
    {
        var name = new StringBuilder();
        while (reader.RemainingBytes > 0 && reader.ReadByte() is > 0 and byte c)
        {
            name.Append((char)c);
        }

        return name.ToString();
    }
}
