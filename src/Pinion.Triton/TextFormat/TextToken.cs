namespace Pinion.Triton;

/// <summary>What the grammar is made of.</summary>
internal enum TextTokenKind
{
    End,
    Word,
    Number,
    String,
    Symbol,
}

/// <summary>One token. Text is what is written; of a string, Bytes are what it means.</summary>
internal readonly record struct TextToken(TextTokenKind Kind, string Text, byte[] Bytes, TextPosition Position)
{
    public bool Is(char symbol) => Kind == TextTokenKind.Symbol && Text[0] == symbol;

    /// <summary>How an error names it.</summary>
    public string Named => Kind switch
    {
        TextTokenKind.End => "the end of the text",
        TextTokenKind.String => "a string",
        _ => $"'{Text}'",
    };
}
