namespace Pinion;

/// <summary>An engine that a cache gave.</summary>
/// <param name="Engine">The engine. Owner: the caller, who disposes it.</param>
/// <param name="Report">What the cache did.</param>
public sealed record CachedEngine(Engine Engine, CacheReport Report);
