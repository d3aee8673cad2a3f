using System.CommandLine;

namespace Pinion.Cli;

/// <summary><c>pinion cache</c>: what is in a folder of <c>pinion build --cache</c>.</summary>
internal static class CacheCommand
{
    public static Command Create() => new("cache", "List, explain, prune and verify the plans of build --cache.")
    {
        CacheListCommand.Create(),
        CacheWhyCommand.Create(),
        CachePruneCommand.Create(),
        CacheVerifyCommand.Create(),
    };

    public static Argument<string> FolderArgument() => new("DIR") { Description = "The cache, as build --cache takes it." };

    /// <exception cref="UsageException">The name is empty.</exception>
    public static EngineCache Open(string folder, EngineCacheOptions? options = null) =>
        folder.Length > 0 ? new EngineCache(folder, options) : throw new UsageException("The name of the cache is empty; give it the name of a folder.");
}
