namespace Pinion;

/// <summary>
/// A folder of plans, each found by all that it is made of: the content of the model, every build option, SDK, TensorRT, device, and the content of plugins and timing cache.
/// What has changed is built anew, and the cache says what it was. Processes of one machine share a folder: one builds, the others wait for it.
/// Threads: any.
/// </summary>
public sealed class EngineCache
{
    private readonly EngineCacheOptions _options;

    /// <summary>Touches nothing; the folder is made by the first build.</summary>
    /// <param name="folder">An empty or new folder, or a cache.</param>
    /// <param name="options">How to keep and build; null takes every default.</param>
    public EngineCache(string folder, EngineCacheOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _options = options ?? new EngineCacheOptions();
        _options.Validate();
        Folder = folder;
    }

    /// <summary>The folder as it was given.</summary>
    public string Folder { get; }

    /// <summary>Finds a plan and reads it whole, or builds it, on the calling thread.</summary>
    /// <param name="model">The model; a path is one.</param>
    /// <param name="options">How to build; null takes every default.</param>
    /// <param name="progress">Called on a thread that waits for the build, one call at a time; a phase <c>wait</c> is that for another process. What it throws ends the build.</param>
    /// <param name="cancellationToken">Ends the wait for another process, and the build as it does for <see cref="EngineBuilder"/>.</param>
    /// <exception cref="FileNotFoundException">There is no such model.</exception>
    /// <exception cref="IOException">The folder holds something else, or cannot be written and the plan is not in it; or the model cannot be read, or changed meanwhile.</exception>
    /// <exception cref="PinionException">As a build throws.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public CachedPlan GetOrBuild(ModelSource model, EngineBuildOptions? options = null, IProgress<BuildProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new CacheRequest(Folder, _options, model, options, progress, cancellationToken).GetOrBuild(wholePlan: true);

    /// <summary>The same on a thread of its own; no pool thread is blocked meanwhile.</summary>
    /// <inheritdoc cref="GetOrBuild"/>
    public Task<CachedPlan> GetOrBuildAsync(
        ModelSource model, EngineBuildOptions? options = null, IProgress<BuildProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var request = new CacheRequest(Folder, _options, model, options, progress, cancellationToken);
        return OwnThread.Run("Pinion engine cache", () => request.GetOrBuild(wholePlan: true), cancellationToken);
    }

    /// <summary>
    /// Builds a plan anew that this cache gave and that is of no use, since TensorRT refuses it for example, and puts it in its place; where another has done that since, gives
    /// that one's. On a thread of its own.
    /// </summary>
    /// <param name="refused">The plan, which may be disposed.</param>
    /// <param name="reason">Why it is of no use, which <see cref="CacheReport.Reasons"/> will say.</param>
    /// <param name="model">The model, as it was asked for.</param>
    /// <param name="options">How to build, as it was asked for.</param>
    /// <param name="progress">As for <see cref="GetOrBuild"/>.</param>
    /// <param name="cancellationToken">As for <see cref="GetOrBuild"/>.</param>
    /// <inheritdoc cref="GetOrBuild"/>
    public Task<CachedPlan> RebuildAsync(
        CachedPlan refused, string reason, ModelSource model, EngineBuildOptions? options = null, IProgress<BuildProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(refused);
        ArgumentException.ThrowIfNullOrEmpty(reason);
        var request = new CacheRequest(Folder, _options, model, options, progress, cancellationToken);
        return OwnThread.Run("Pinion engine cache", () => request.GetOrBuild(wholePlan: true, refused.Report.Entry, reason), cancellationToken);
    }

    /// <summary>
    /// Finds a plan or builds it, and loads it, on the calling thread. Loading verifies the plan, which is read once. One that TensorRT refuses as built by another
    /// release is built anew.
    /// </summary>
    /// <param name="model">The model; a path is one.</param>
    /// <param name="options">How to build; null takes every default.</param>
    /// <param name="load">How to load; null takes every default.</param>
    /// <param name="progress">As for <see cref="GetOrBuild"/>.</param>
    /// <param name="cancellationToken">As for <see cref="GetOrBuild"/>.</param>
    /// <inheritdoc cref="GetOrBuild"/>
    public CachedEngine LoadOrBuild(
        ModelSource model, EngineBuildOptions? options = null, EngineLoadOptions? load = null, IProgress<BuildProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new CacheRequest(Folder, _options, model, options, progress, cancellationToken).LoadOrBuild(load);

    /// <summary>The same on a thread of its own; no pool thread is blocked meanwhile.</summary>
    /// <inheritdoc cref="LoadOrBuild"/>
    public Task<CachedEngine> LoadOrBuildAsync(
        ModelSource model, EngineBuildOptions? options = null, EngineLoadOptions? load = null, IProgress<BuildProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var request = new CacheRequest(Folder, _options, model, options, progress, cancellationToken);
        return OwnThread.Run("Pinion engine cache", () => request.LoadOrBuild(load), cancellationToken);
    }

    /// <summary>Says whether a plan is in the cache, and if not, why it would be built. Builds and writes nothing.</summary>
    /// <param name="model">The model; a path is one.</param>
    /// <param name="options">How it would be built; null takes every default.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FileNotFoundException">There is no such model.</exception>
    /// <exception cref="IOException">There is no such folder, it is no cache, or a file cannot be read.</exception>
    public CacheExplanation Explain(ModelSource model, EngineBuildOptions? options = null, CancellationToken cancellationToken = default) =>
        new CacheRequest(Folder, _options, model, options, null, cancellationToken).Explain(CacheFolder.Open(Folder));

    /// <summary>The entries, the last used first, as what is beside the plans tells.</summary>
    /// <exception cref="IOException">There is no such folder, or it is no cache.</exception>
    public CacheCheck List() => List(CacheFolder.Open(Folder));

    /// <summary>Reads every plan and compares checksums. Changes nothing.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="IOException">There is no such folder, or it is no cache.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public CacheCheck Verify(CancellationToken cancellationToken = default) => Look(CacheFolder.Open(Folder), (folder, key) =>
    {
        if (folder.Find(key, wholePlan: true, cancellationToken) is not { } found)
        {
            return null;
        }

        found.Plan.Dispose();
        return found.Entry;
    });

    /// <summary>Deletes entries that were not used for long, then the least recently used ones beyond a size, and what ended processes have left; never what is in use.</summary>
    /// <param name="maxBytes">How large the cache may stay; null: as large as it is.</param>
    /// <param name="olderThan">How long an entry may be unused; null: for ever.</param>
    /// <exception cref="IOException">There is no such folder, or it is no cache.</exception>
    public CachePruning Prune(long? maxBytes = null, TimeSpan? olderThan = null)
    {
        if (maxBytes is { } bytes)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(bytes, nameof(maxBytes));
        }

        if (olderThan is { } age)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero, nameof(olderThan));
        }

        return Prune(CacheFolder.Open(Folder), maxBytes, olderThan);
    }

    internal static CacheCheck List(CacheFolder folder) => Look(folder, EntryFile.Read);

    internal static CachePruning Prune(CacheFolder folder, long? maxBytes, TimeSpan? olderThan)
    {
        int leftovers = folder.DeleteLeftovers();
        IReadOnlyList<CacheEntry> entries = List(folder).Entries;
        long size = entries.Sum(e => e.SizeBytes);
        DateTimeOffset? oldest = olderThan is { } age ? DateTimeOffset.UtcNow - age : null;
        var deleted = new List<CacheEntry>();
        var kept = new List<CacheEntry>();
        foreach (CacheEntry entry in entries.Reverse().Where(e => e.LastUsed < oldest || size > maxBytes))
        {
            bool isGone = folder.TryDelete(entry.Key);
            (isGone ? deleted : kept).Add(entry);
            size -= isGone ? entry.SizeBytes : 0;
        }

        return new CachePruning(deleted, leftovers, kept, size);
    }

    private static CacheCheck Look(CacheFolder folder, Func<CacheFolder, string, CacheEntry?> read)
    {
        var entries = new List<CacheEntry>();
        var problems = new List<CacheProblem>();
        foreach (string key in folder.Keys())
        {
            try
            {
                if (read(folder, key) is { } entry)
                {
                    entries.Add(entry);
                }
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                // Deleted just now.
            }
            catch (Exception e) when (e is InvalidDataException || AtomicFile.IsWriteError(e))
            {
                problems.Add(new CacheProblem(key, e is InvalidDataException ? e.Message : AtomicFile.Reason(e)));
            }
        }

        return new CacheCheck([.. entries.OrderByDescending(e => e.LastUsed).ThenBy(e => e.Key, StringComparer.Ordinal)], [.. problems.OrderBy(p => p.Key, StringComparer.Ordinal)], folder.Strangers());
    }
}
