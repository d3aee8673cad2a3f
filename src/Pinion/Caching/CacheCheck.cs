namespace Pinion;

/// <summary>An entry of a cache that is damaged. It counts as none: the next request for it builds it anew.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Problem">What is wrong, without a full stop.</param>
public sealed record CacheProblem(string Key, string Problem);

/// <summary>What a look at a whole cache found.</summary>
/// <param name="Entries">Those that are sound, the last used first.</param>
/// <param name="Problems">Those that are not.</param>
/// <param name="Strangers">Names in the folder that are not the cache's.</param>
public sealed record CacheCheck(IReadOnlyList<CacheEntry> Entries, IReadOnlyList<CacheProblem> Problems, IReadOnlyList<string> Strangers);

/// <summary>What was deleted from a cache.</summary>
/// <param name="Deleted">Entries.</param>
/// <param name="Leftovers">How many plans there were that never became entries, or entries that were damaged.</param>
/// <param name="Kept">Entries that should go, and are in use or cannot be deleted.</param>
/// <param name="SizeBytes">Size of all entries afterwards.</param>
public sealed record CachePruning(IReadOnlyList<CacheEntry> Deleted, int Leftovers, IReadOnlyList<CacheEntry> Kept, long SizeBytes);
