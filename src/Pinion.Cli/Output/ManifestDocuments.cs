namespace Pinion.Cli;

// What build --manifest prints with --json; docs/json.md describes every field.

internal sealed record ManifestBuildFacts(
    string Model, int Line, string Precision, string Outcome, string? Plan, string? Key, long? SizeBytes, double Seconds, double? BuildSeconds, IReadOnlyList<string> Reasons, ErrorFacts? Error);

internal sealed record ManifestDocument(string Manifest, string Cache, int Built, int Hits, int Failed, IReadOnlyList<ManifestBuildFacts> Builds);
