namespace Pinion.Hosting;

/// <summary>A plan that a version is loaded from, now and after failures: a file, or one of a cache, which no process deletes meanwhile. Threads: any.</summary>
internal sealed class ServedPlan : IDisposable
{
    private readonly CachedPlan? _cached;
    private readonly IReadOnlyList<string> _plugins;
    private volatile bool _hasLoaded;

    private ServedPlan(string path, CachedPlan? cached, IReadOnlyList<string> plugins) => (Path, _cached, _plugins) = (path, cached, plugins);

    /// <summary>The file; where a cache could not keep its plan, where that would be.</summary>
    public string Path { get; }

    /// <summary>Whether it has been loaded once.</summary>
    public bool HasLoaded => _hasLoaded;

    public static ServedPlan OfFile(string path) => new(path, null, []);

    /// <param name="plan">This object's from now on.</param>
    /// <param name="plugins">Libraries that it was built with.</param>
    public static ServedPlan OfCache(CachedPlan plan, IReadOnlyList<string> plugins) => new(plan.Report.Entry.Path, plan, plugins);

    /// <summary>What tells this plan from another that may lie there later. A cache's plan is found by what it is made of: it stays the same.</summary>
    public PlanStamp Stamp() => _cached is null ? PlanStamp.Of(Path) : new PlanStamp(Path, _cached.Report.Entry.PlanBytes, default);

    /// <exception cref="PinionException">It does not load.</exception>
    public Engine Load(EngineLoadOptions options)
    {
        options = options with { PluginLibraries = _plugins };
        Engine engine = _cached?.Load(options) ?? Engine.Load(Path, options);
        _hasLoaded = true;
        return engine;
    }

    public void Dispose() => _cached?.Dispose();
}
