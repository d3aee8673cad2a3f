using System.Text;

namespace Pinion.Triton;

/// <summary>
/// Reads protobuf's text format without a schema. Whatever the text is, the answer is a message or a
/// <see cref="TextFormatException"/>: depth and size are limited.
/// </summary>
internal sealed class TextFormatReader
{
    /// <summary>Messages within messages.</summary>
    public const int MaxDepth = 32;

    /// <summary>Characters of a text.</summary>
    public const int MaxLength = 1 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly TextLexer _lexer;
    private TextToken _token;

    private TextFormatReader(string text)
    {
        _lexer = new TextLexer(text);
        _token = _lexer.Read();
    }

    /// <summary>Reads a whole text.</summary>
    /// <exception cref="TextFormatException">It breaks the grammar or a limit.</exception>
    public static TextMessage Read(string text)
    {
        if (text.Length > MaxLength)
        {
            throw new TextFormatException(new TextPosition(1, 1), $"the text has {text.Length} characters; {MaxLength} are the limit");
        }

        return new TextFormatReader(text).ReadFields(new TextPosition(1, 1), end: null, depth: 0);
    }

    private TextMessage ReadFields(TextPosition position, char? end, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new TextFormatException(position, $"messages are nested more than {MaxDepth} deep");
        }

        var fields = new List<TextField>();
        while (end is { } symbol ? !_token.Is(symbol) : _token.Kind != TextTokenKind.End)
        {
            ReadField(fields, end, depth);
            if (_token.Is(',') || _token.Is(';'))
            {
                Advance();
            }
        }

        return new TextMessage(fields, position);
    }

    private void ReadField(List<TextField> fields, char? end, int depth)
    {
        TextToken start = _token;
        string name = ReadName(end);
        bool colon = _token.Is(':');
        if (colon)
        {
            Advance();
        }

        if (!_token.Is('['))
        {
            if (!colon && !StartsMessage(_token))
            {
                throw new TextFormatException(_token.Position, $"{_token.Named} follows '{name}' where ':' or '{{' is needed");
            }

            fields.Add(new TextField(name, ReadValue(depth), start.Position));
            return;
        }

        Advance();
        for (bool first = true; !_token.Is(']'); first = false)
        {
            if (!first)
            {
                Expect(',', $"between the elements of '{name}'");
            }

            if (!colon && !StartsMessage(_token))
            {
                throw new TextFormatException(_token.Position, $"{_token.Named} needs a ':' between '{name}' and '['");
            }

            TextPosition position = _token.Position;
            fields.Add(new TextField(name, ReadValue(depth), position));
        }

        Advance();
    }

    private static bool StartsMessage(TextToken token) => token.Is('{') || token.Is('<');

    private string ReadName(char? end)
    {
        if (_token.Kind == TextTokenKind.Word)
        {
            string name = _token.Text;
            Advance();
            return name;
        }

        if (!_token.Is('['))
        {
            string instead = end is { } symbol ? $"the name of a field or '{symbol}'" : "the name of a field";
            throw new TextFormatException(_token.Position, $"{_token.Named} stands where {instead} is needed");
        }

        // An extension or a message of any type: read for what it is, as no message here has any.
        var extension = new StringBuilder("[");
        for (Advance(); !_token.Is(']'); Advance())
        {
            if (_token.Kind != TextTokenKind.Word && !_token.Is('.') && !_token.Is('/') && !_token.Is('-'))
            {
                throw new TextFormatException(_token.Position, $"{_token.Named} does not belong into the name of an extension");
            }

            extension.Append(_token.Text);
        }

        Advance();
        return extension.Append(']').ToString();
    }

    private TextValue ReadValue(int depth)
    {
        TextToken token = _token;
        if (StartsMessage(token))
        {
            Advance();
            char end = token.Is('{') ? '}' : '>';
            TextMessage message = ReadFields(token.Position, end, depth + 1);
            Advance();
            return message;
        }

        if (token.Kind == TextTokenKind.String)
        {
            return ReadString(token.Position);
        }

        bool negative = token.Is('-');
        if (negative)
        {
            Advance();
        }

        TextToken value = _token;
        if (value.Kind == TextTokenKind.Number)
        {
            Advance();
            return new TextNumber(negative, value.Text, token.Position);
        }

        if (value.Kind != TextTokenKind.Word)
        {
            throw new TextFormatException(value.Position, $"{value.Named} stands where a value is needed");
        }

        if (negative && !IsFloatWord(value.Text))
        {
            throw new TextFormatException(value.Position, $"'-{value.Text}' is no value: only numbers, inf and nan take a sign");
        }

        Advance();
        return new TextWord(negative, value.Text, token.Position);
    }

    private static bool IsFloatWord(string word) => word.ToLowerInvariant() is "inf" or "infinity" or "nan";

    private TextString ReadString(TextPosition position)
    {
        var bytes = new List<byte>();
        while (_token.Kind == TextTokenKind.String)
        {
            bytes.AddRange(_token.Bytes);
            Advance();
        }

        try
        {
            return new TextString(StrictUtf8.GetString(bytes.ToArray()), position);
        }
        catch (DecoderFallbackException)
        {
            throw new TextFormatException(position, "the string is not valid UTF-8");
        }
    }

    private void Expect(char symbol, string where)
    {
        if (!_token.Is(symbol))
        {
            throw new TextFormatException(_token.Position, $"{_token.Named} stands where '{symbol}' is needed, {where}");
        }

        Advance();
    }

    private void Advance() => _token = _lexer.Read();
}
