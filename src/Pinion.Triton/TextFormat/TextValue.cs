namespace Pinion.Triton;

/// <summary>What stands behind a field's name. The text format alone does not tell an enum from a bool, nor the width of a number.</summary>
internal abstract record TextValue(TextPosition Position);

/// <summary>A quoted string, escapes undone and neighbours joined.</summary>
internal sealed record TextString(string Value, TextPosition Position) : TextValue(Position);

/// <summary>A number as it is written: decimal, octal, hexadecimal or with a fraction; the sign apart.</summary>
internal sealed record TextNumber(bool Negative, string Literal, TextPosition Position) : TextValue(Position);

/// <summary>A word: an enum's name, true, false, inf or nan. Only inf and nan take a sign.</summary>
internal sealed record TextWord(bool Negative, string Word, TextPosition Position) : TextValue(Position);

/// <summary>The fields of a message in their order; a field given several times is here several times.</summary>
internal sealed record TextMessage(IReadOnlyList<TextField> Fields, TextPosition Position) : TextValue(Position);

/// <summary>One value of one field. Each element of a list is a field of its own, which is what the list means.</summary>
internal sealed record TextField(string Name, TextValue Value, TextPosition Position);
