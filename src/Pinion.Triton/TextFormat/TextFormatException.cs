namespace Pinion.Triton;

/// <summary>A text breaks the grammar of protobuf's text format, or a limit of this reader.</summary>
internal sealed class TextFormatException(TextPosition position, string message) : FormatException(message)
{
    public TextPosition Position { get; } = position;
}
