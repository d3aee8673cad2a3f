using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Pinion.Onnx;

/// <summary>The header of a .npy file (formats 1.0, 2.0 and 3.0): element type, order and shape.</summary>
internal sealed record NpyHeader(NpyType Type, bool FortranOrder, long[] Shape, int DataOffset)
{
    /// <summary>NumPy's own headers are 64 to 128 bytes; structured types could make longer ones, which are refused anyway.</summary>
    public const int MaxHeaderBytes = 64 * 1024;

    /// <summary>TensorRT's largest rank; this library stands alone, so it cannot take Pinion's constant.</summary>
    public const int MaxRank = 8;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    public long ElementCount
    {
        get
        {
            long count = 1;
            foreach (long dimension in Shape)
            {
                count *= dimension;
            }

            return count;
        }
    }

    public long DataBytes => ElementCount * Type.ElementBytes;

    /// <summary>A shape for messages, such as <c>2x3</c>.</summary>
    public static string Text(ReadOnlySpan<long> shape) => shape.IsEmpty ? "scalar" : string.Join('x', shape.ToArray());

    /// <summary>Reads the header at the start of <paramref name="stream"/>; nothing is allocated on the header's word alone.</summary>
    /// <exception cref="NpyException">The bytes are no header that is supported here; the message is without the file's name.</exception>
    public static NpyHeader Read(Stream stream)
    {
        Span<byte> start = stackalloc byte[12];
        int read = stream.ReadAtLeast(start[..10], 10, throwOnEndOfStream: false);
        if (read == 0)
        {
            throw new NpyException("it is empty");
        }

        if (read < 10 || !start[..6].SequenceEqual(Magic))
        {
            throw new NpyException(read >= 6 && start[..6].SequenceEqual(Magic) ? "it ends inside its header" : "it does not begin as a .npy file does");
        }

        int major = start[6];
        int minor = start[7];
        if (major is < 1 or > 3 || minor != 0)
        {
            throw new NpyException($"its format version is {major}.{minor}; 1.0, 2.0 and 3.0 are known");
        }

        long headerBytes;
        int prefixBytes;
        if (major == 1)
        {
            headerBytes = BinaryPrimitives.ReadUInt16LittleEndian(start[8..]);
            prefixBytes = 10;
        }
        else
        {
            if (stream.ReadAtLeast(start[10..], 2, throwOnEndOfStream: false) < 2)
            {
                throw new NpyException("it ends inside its header");
            }

            headerBytes = BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
            prefixBytes = 12;
        }

        if (headerBytes > MaxHeaderBytes)
        {
            throw new NpyException($"its header claims {headerBytes} bytes; at most {MaxHeaderBytes} are read");
        }

        byte[] header = new byte[headerBytes];
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
        {
            throw new NpyException("it ends inside its header");
        }

        string text = major == 3 ? Encoding.UTF8.GetString(header) : Encoding.Latin1.GetString(header);
        return Parse(text, prefixBytes + header.Length);
    }

    /// <summary>The bytes of a version 1.0 header, padded so that the data begins at a multiple of 64.</summary>
    public static byte[] Write(NpyType type, ReadOnlySpan<long> shape)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{{'descr': '{type.Descr}', 'fortran_order': False, 'shape': (");
        for (int i = 0; i < shape.Length; i++)
        {
            text.Append(i == 0 ? "" : " ").Append(shape[i]).Append(i == shape.Length - 1 && i > 0 ? "" : ",");
        }

        text.Append("), }");
        int padding = 64 - ((10 + text.Length + 1) % 64);
        text.Append(' ', padding % 64).Append('\n');

        byte[] bytes = new byte[10 + text.Length];
        Magic.CopyTo(bytes);
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)text.Length);
        Encoding.Latin1.GetBytes(text.ToString(), bytes.AsSpan(10));
        return bytes;
    }

    private static NpyHeader Parse(string text, int dataOffset)
    {
        var reader = new LiteralReader(text);
        string? descr = null;
        bool? fortran = null;
        long[]? shape = null;
        reader.Expect('{');
        while (!reader.Accept('}'))
        {
            string key = reader.ReadString();
            reader.Expect(':');
            switch (key)
            {
                case "descr" when descr is null:
                    descr = reader.Peek() == '[' ? throw new NpyException("it holds structured records, not a tensor") : reader.ReadString();
                    break;
                case "fortran_order" when fortran is null:
                    fortran = reader.ReadBool();
                    break;
                case "shape" when shape is null:
                    shape = reader.ReadShape();
                    break;
                default:
                    throw new NpyException($"its header has an unexpected entry '{Shorten(key)}'");
            }

            if (!reader.Accept(','))
            {
                reader.Expect('}');
                break;
            }
        }

        reader.ExpectEnd();
        if (descr is null || fortran is null || shape is null)
        {
            throw new NpyException($"its header has no '{(descr is null ? "descr" : fortran is null ? "fortran_order" : "shape")}'");
        }

        if (!NpyType.TryParse(descr, out NpyType type, out string problem))
        {
            throw new NpyException(problem);
        }

        CheckSize(shape, type.ElementBytes);
        return new NpyHeader(type, fortran.Value, shape, dataOffset);
    }

    private static void CheckSize(long[] shape, int elementBytes)
    {
        Int128 bytes = elementBytes;
        bool empty = Array.IndexOf(shape, 0L) >= 0;
        foreach (long dimension in shape)
        {
            bytes *= empty ? 1 : dimension;
            if (bytes > long.MaxValue)
            {
                throw new NpyException($"its shape {Text(shape)} has more elements than a file can hold");
            }
        }
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";

    /// <summary>Reads the one Python literal that a header is: a dictionary of strings, booleans and a tuple of integers.</summary>
    private ref struct LiteralReader(string text)
    {
        private int _at;

        public char Peek()
        {
            while (_at < text.Length && text[_at] is ' ' or '\t' or '\n' or '\r')
            {
                _at++;
            }

            return _at < text.Length ? text[_at] : '\0';
        }

        public bool Accept(char expected)
        {
            if (Peek() != expected || _at == text.Length)
            {
                return false;
            }

            _at++;
            return true;
        }

        public void Expect(char expected)
        {
            if (!Accept(expected))
            {
                throw Broken();
            }
        }

        public void ExpectEnd()
        {
            if (Peek() != '\0' || _at < text.Length)
            {
                throw Broken();
            }
        }

        public string ReadString()
        {
            char quote = Peek();
            int end = quote is '\'' or '"' ? text.IndexOf(quote, _at + 1) : -1;
            if (end < 0)
            {
                throw Broken();
            }

            string value = text[(_at + 1)..end];
            _at = end + 1;
            return value.Contains('\\') ? throw Broken() : value;
        }

        public bool ReadBool()
        {
            Peek();
            foreach (bool value in (ReadOnlySpan<bool>)[true, false])
            {
                string word = value ? "True" : "False";
                if (text.AsSpan(_at).StartsWith(word))
                {
                    _at += word.Length;
                    return value;
                }
            }

            throw Broken();
        }

        public long[] ReadShape()
        {
            Expect('(');
            var shape = new List<long>(MaxRank);
            while (!Accept(')'))
            {
                if (shape.Count == MaxRank)
                {
                    throw new NpyException($"it has more than {MaxRank} dimensions, TensorRT's limit");
                }

                shape.Add(ReadDimension());
                if (!Accept(','))
                {
                    Expect(')');
                    break;
                }
            }

            return [.. shape];
        }

        private long ReadDimension()
        {
            Peek();
            int end = _at;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
            {
                end++;
            }

            if (!long.TryParse(text.AsSpan(_at, end - _at), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            {
                throw end == _at ? Broken() : new NpyException("its shape has a dimension beyond 2^63");
            }
            // Python 2 wrote long integers with an L.
            _at = end < text.Length && text[end] == 'L' ? end + 1 : end;
            return value;
        }

        private readonly NpyException Broken() => new($"its header is damaged at character {_at}");
    }
}
