using System.Text;

namespace Pinion.Benchmarking;

/// <summary>Files that an ONNX model keeps its weights in: ModelProto.graph.initializer.external_data of the key "location".</summary>
internal static class ExternalData
{
    private const int Graph = 7;
    private const int Initializer = 5;
    private const int External = 13;

    /// <summary>The files that exist, in the order named. What is no ONNX model has none: the builder says what is wrong with it.</summary>
    public static IReadOnlyList<string> Find(string model)
    {
        var files = new List<string>();
        using var stream = new FileStream(model, FileMode.Open, FileAccess.Read, FileShare.Read);
        string folder = Path.GetDirectoryName(Path.GetFullPath(model)) ?? ".";
        foreach ((long graphStart, long graphEnd) in Fields(stream, 0, stream.Length, Graph))
        {
            foreach ((long start, long end) in Fields(stream, graphStart, graphEnd, Initializer))
            {
                foreach ((long entryStart, long entryEnd) in Fields(stream, start, end, External))
                {
                    if (Text(stream, entryStart, entryEnd, 1) == "location" && Text(stream, entryStart, entryEnd, 2) is { } name)
                    {
                        string file = Path.Combine(folder, name);
                        if (!files.Contains(file) && File.Exists(file))
                        {
                            files.Add(file);
                        }
                    }
                }
            }
        }
        return files;
    }

    /// <summary>The length-delimited fields of one number in a message; nothing more where the bytes make no sense.</summary>
    private static List<(long Start, long End)> Fields(FileStream stream, long start, long end, int number)
    {
        var found = new List<(long Start, long End)>();
        long at = start;
        while (at < end && Varint(stream, ref at) is { } tag)
        {
            switch (tag & 7)
            {
                case 0 when Varint(stream, ref at) is not null:
                    break;
                case 1:
                    at += 8;
                    break;
                case 2 when Varint(stream, ref at) is { } length && length <= (ulong)(end - at):
                    if ((int)(tag >> 3) == number)
                    {
                        found.Add((at, at + (long)length));
                    }
                    at += (long)length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    return found;
            }
        }
        return found;
    }

    private static string? Text(FileStream stream, long start, long end, int number)
    {
        foreach ((long from, long to) in Fields(stream, start, end, number).Where(f => f.End - f.Start is > 0 and < 4096))
        {
            byte[] bytes = new byte[to - from];
            stream.Position = from;
            stream.ReadExactly(bytes);
            return Encoding.UTF8.GetString(bytes);
        }
        return null;
    }

    private static ulong? Varint(FileStream stream, ref long at)
    {
        ulong value = 0;
        if (stream.Position != at)
        {
            stream.Position = at;
        }
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = stream.ReadByte();
            at++;
            if (next < 0)
            {
                return null;
            }
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
        return null;
    }
}
