namespace Pinion;

/// <summary>Whether a cache has a plan, and if not, what is other than in the most similar one of the same model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Key">What the plan is kept under.</param>
/// <param name="Entry">The plan; null where there is none.</param>
/// <param name="Nearest">The most similar plan of that model, by content or else by name; null where there is one, or none of that model.</param>
/// <param name="Changes">What is other than in <paramref name="Nearest"/>.</param>
public sealed record CacheExplanation(string Model, string Key, CacheEntry? Entry, CacheEntry? Nearest, IReadOnlyList<CacheChange> Changes)
{
    /// <summary>Why the plan would be built, in words; empty where it would not.</summary>
    public IReadOnlyList<string> Reasons => Entry is not null ? [] : Nearest is null ? [$"the cache has no engine of {Model}"] : [.. Changes.Select(c => c.ToString())];
}
