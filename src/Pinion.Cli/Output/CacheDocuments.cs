namespace Pinion.Cli;

// What the cache commands and build --cache print with --json; docs/json.md describes every field.

internal sealed record CacheFacts(string Outcome, string Key, string? Plan, IReadOnlyList<string> Reasons, string? NotKept)
{
    public static CacheFacts Of(CachedPlan plan) => new(
        plan.Report.Outcome == CacheOutcome.Hit ? "hit" : "built", plan.Report.Entry.Key, plan.Path, plan.Report.Reasons, plan.Report.NotKept);
}

internal sealed record CacheEntryFacts(
    string Key, string Model, string Plan, long PlanBytes, long SizeBytes, DateTimeOffset Built, double BuildSeconds, DateTimeOffset LastUsed, Sdk Sdk, string Tensorrt,
    IReadOnlyDictionary<string, string> Ingredients)
{
    public static CacheEntryFacts Of(CacheEntry e) => new(
        e.Key, e.Model, e.Path, e.PlanBytes, e.SizeBytes, e.BuiltAt, e.BuildTime.TotalSeconds, e.LastUsed, e.Sdk, e.TensorRt, e.Ingredients.ToDictionary(i => i.Name, i => i.Value));
}

internal sealed record CacheProblemFacts(string Key, string Problem);

internal sealed record CacheListDocument(
    string Cache, long SizeBytes, IReadOnlyList<CacheEntryFacts> Entries, IReadOnlyList<CacheProblemFacts> Damaged, IReadOnlyList<string> Others);

internal sealed record CacheChangeFacts(string Ingredient, string? Was, string? Now);

internal sealed record CacheWhyDocument(
    string Model, string Key, bool Hit, CacheEntryFacts? Entry, CacheEntryFacts? Nearest, IReadOnlyList<CacheChangeFacts> Changes, IReadOnlyList<string> Reasons);

internal sealed record CachePruneDocument(string Cache, IReadOnlyList<CacheEntryFacts> Deleted, IReadOnlyList<CacheEntryFacts> InUse, int Leftovers, long SizeBytes);

internal sealed record CacheVerifyDocument(string Cache, int Sound, long SizeBytes, IReadOnlyList<CacheProblemFacts> Damaged, IReadOnlyList<string> Others);
