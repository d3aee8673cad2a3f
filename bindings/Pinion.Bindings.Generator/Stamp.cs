namespace Pinion.Bindings.Generator;

/// <summary>What a generated file says of its origin.</summary>
internal sealed record Stamp(string HeaderName, string HeaderSha256, string ToolVersion);

/// <summary>One file of the output, with '\n' line endings.</summary>
internal sealed record GeneratedFile(string Name, string Text);

/// <summary>The header has something that the raw bindings cannot express, or does not parse.</summary>
internal sealed class TranslationException(string message) : Exception(message);
