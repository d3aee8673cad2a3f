namespace Pinion.Triton;

/// <summary>A place in a text; both count from 1.</summary>
internal readonly record struct TextPosition(int Line, int Column);
