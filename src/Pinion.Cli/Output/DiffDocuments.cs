namespace Pinion.Cli;

// What diff prints with --json; docs/json.md describes every field.

internal sealed record DifferenceFacts(string What, string Of, string Property, string? First, string? Second);

internal sealed record DiffDocument(
    string First, string Second, bool Equal, bool Identical, int? CommonLayers, IReadOnlyList<DifferenceFacts> Differences, IReadOnlyList<string> NotCompared);
