namespace Pinion;

/// <summary>What a cache did for a request.</summary>
public enum CacheOutcome
{
    /// <summary>The plan was there.</summary>
    Hit = 0,

    /// <summary>It was built now.</summary>
    Built = 1,
}
