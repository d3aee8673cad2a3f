using System.Buffers;
using System.Globalization;
using System.Text;

namespace Pinion.Triton;

/// <summary>Cuts protobuf's text format into tokens. White space and comments, from # to the end of the line, separate them.</summary>
internal sealed class TextLexer(string text)
{
    private const int LongestNumber = 64;
    private const string Symbols = "{}<>[]:,;-./";

    private int _next;
    private int _line = 1;
    private int _lineStart;

    private TextPosition Here => new(_line, _next - _lineStart + 1);

    /// <summary>The next token; at the end of the text again and again the same.</summary>
    /// <exception cref="TextFormatException">What stands there is no token.</exception>
    public TextToken Read()
    {
        SkipSpace();
        TextPosition position = Here;
        if (_next == text.Length)
        {
            return new TextToken(TextTokenKind.End, "", [], position);
        }

        char first = text[_next];
        if (IsWordStart(first))
        {
            return new TextToken(TextTokenKind.Word, ReadWord(), [], position);
        }

        if (char.IsAsciiDigit(first) || (first == '.' && _next + 1 < text.Length && char.IsAsciiDigit(text[_next + 1])))
        {
            return new TextToken(TextTokenKind.Number, ReadNumber(position), [], position);
        }

        if (first is '"' or '\'')
        {
            return new TextToken(TextTokenKind.String, "", ReadString(position), position);
        }

        _next++;
        return Symbols.Contains(first)
            ? new TextToken(TextTokenKind.Symbol, first.ToString(), [], position)
            : throw new TextFormatException(position, $"{Named(first)} has no meaning here");
    }

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static string Named(char c) =>
        c is > ' ' and < (char)0x7f ? $"'{c}'" : string.Create(CultureInfo.InvariantCulture, $"the character U+{(int)c:X4}");

    private void SkipSpace()
    {
        while (_next < text.Length)
        {
            char c = text[_next];
            if (c == '#')
            {
                int end = text.AsSpan(_next).IndexOf('\n');
                _next = end < 0 ? text.Length : _next + end;
            }
            else if (c == '\n')
            {
                _next++;
                _line++;
                _lineStart = _next;
            }
            else if (c is ' ' or '\t' or '\r' or '\v' or '\f')
            {
                _next++;
            }
            else
            {
                return;
            }
        }
    }

    private string ReadWord()
    {
        int start = _next;
        while (_next < text.Length && (IsWordStart(text[_next]) || char.IsAsciiDigit(text[_next])))
        {
            _next++;
        }

        return text[start.._next];
    }

    /// <summary>Takes all that could belong to a number and then looks whether it is one: 12ab is none, nor are 12 and ab.</summary>
    private string ReadNumber(TextPosition position)
    {
        int start = _next;
        bool hex = text.AsSpan(start).StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        while (_next < text.Length)
        {
            char c = text[_next];
            bool sign = c is '+' or '-' && !hex && _next > start && text[_next - 1] is 'e' or 'E';
            if (!sign && c != '.' && !IsWordStart(c) && !char.IsAsciiDigit(c))
            {
                break;
            }

            _next++;
        }

        string literal = text[start.._next];
        return literal.Length <= LongestNumber && TextNumbers.IsNumber(literal)
            ? literal
            : throw new TextFormatException(position, $"'{Shortened(literal)}' is no number");
    }

    private static string Shortened(string literal) => literal.Length <= LongestNumber ? literal : literal[..LongestNumber] + "...";

    private byte[] ReadString(TextPosition position)
    {
        char quote = text[_next++];
        var bytes = new ArrayBufferWriter<byte>();
        while (true)
        {
            if (_next == text.Length || text[_next] == '\n')
            {
                throw new TextFormatException(position, $"the string is not closed by {quote} in its line");
            }

            char c = text[_next];
            if (c == quote)
            {
                _next++;
                return bytes.WrittenSpan.ToArray();
            }

            if (c == '\0')
            {
                throw new TextFormatException(Here, "a string holds the character U+0000 as \\0 only");
            }

            if (c == '\\')
            {
                ReadEscape(bytes);
                continue;
            }

            if (Rune.DecodeFromUtf16(text.AsSpan(_next), out Rune rune, out int length) != OperationStatus.Done)
            {
                throw new TextFormatException(Here, "this is half of a surrogate pair, no character");
            }

            Append(bytes, rune);
            _next += length;
        }
    }

    private void ReadEscape(ArrayBufferWriter<byte> bytes)
    {
        TextPosition position = Here;
        _next++;
        char kind = _next < text.Length ? text[_next] : '\n';
        switch (kind)
        {
            case >= '0' and <= '7':
                int octal = ReadDigits(8, atMost: 3);
                Append(bytes, octal <= byte.MaxValue ? (byte)octal : throw new TextFormatException(position, "an octal escape ends at \\377"));
                return;
            case 'x' or 'X':
                _next++;
                int start = _next;
                int hexadecimal = ReadDigits(16, atMost: 2);
                Append(bytes, _next > start ? (byte)hexadecimal : throw new TextFormatException(position, "\\x needs one or two hexadecimal digits"));
                return;
            case 'u' or 'U':
                _next++;
                ReadUnicode(bytes, position, digits: kind == 'u' ? 4 : 8);
                return;
            default:
                int known = @"abfnrtv?\'""".IndexOf(kind, StringComparison.Ordinal);
                if (known < 0)
                {
                    throw new TextFormatException(position, "this escape is unknown; a backslash itself is written \\\\");
                }

                _next++;
                Append(bytes, (byte)"\a\b\f\n\r\t\v?\\'\""[known]);
                return;
        }
    }

    private void ReadUnicode(ArrayBufferWriter<byte> bytes, TextPosition position, int digits)
    {
        int start = _next;
        int value = ReadDigits(16, digits);
        if (_next - start != digits || !Rune.IsValid(value))
        {
            throw new TextFormatException(position, $"\\{(digits == 4 ? 'u' : 'U')} needs {digits} hexadecimal digits of a Unicode character");
        }

        Append(bytes, new Rune(value));
    }

    private int ReadDigits(int radix, int atMost)
    {
        uint value = 0;
        for (int i = 0; i < atMost && _next < text.Length && char.IsAsciiHexDigit(text[_next]); i++)
        {
            int digit = Convert.ToInt32(text[_next].ToString(), 16);
            if (digit >= radix)
            {
                break;
            }

            value = unchecked((value * (uint)radix) + (uint)digit);
            _next++;
        }

        return unchecked((int)value);
    }

    private static void Append(ArrayBufferWriter<byte> bytes, byte value)
    {
        bytes.GetSpan(1)[0] = value;
        bytes.Advance(1);
    }

    private static void Append(ArrayBufferWriter<byte> bytes, Rune rune) => bytes.Advance(rune.EncodeToUtf8(bytes.GetSpan(4)));
}
