namespace Pinion;

/// <summary>
/// A plan that a cache gave, which no process deletes before this is disposed. Owner: the caller. Threads: one at a time.
/// </summary>
public sealed class CachedPlan : IDisposable
{
    private const int CopyBytes = 1 << 20;

    private readonly FileStream? _file;
    private readonly Plan? _plan;
    private bool _disposed;

    internal CachedPlan(CacheReport report, FileStream? file, Plan? plan)
    {
        Report = report;
        _file = file;
        _plan = plan;
    }

    /// <summary>What the cache did.</summary>
    public CacheReport Report { get; }

    /// <summary>The plan's file, good as long as this is not disposed; null where it could not be kept.</summary>
    public string? Path => _file is null ? null : Report.Entry.Path;

    /// <summary>What the plan's header says.</summary>
    /// <exception cref="PinionException">The plan is damaged.</exception>
    public PlanDescription Description
    {
        get
        {
            Errors.ThrowIfDisposed(_disposed, this);
            return _plan?.Description ?? Plan.Describe(Path!);
        }
    }

    /// <summary>Loads it.</summary>
    /// <inheritdoc cref="Engine.Load(string, EngineLoadOptions?)"/>
    public Engine Load(EngineLoadOptions? options = null)
    {
        Errors.ThrowIfDisposed(_disposed, this);
        return _plan is not null ? Engine.Load(_plan, options) : Engine.Load(Path!, options);
    }

    /// <summary>Writes the plan's bytes to a stream.</summary>
    public void CopyTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Errors.ThrowIfDisposed(_disposed, this);
        if (_plan is not null)
        {
            _plan.CopyTo(stream);
            return;
        }

        _file!.Position = 0;
        _file.CopyTo(stream, CopyBytes);
    }

    /// <summary>Writes the plan to a file, as <see cref="Plan.Save"/> does.</summary>
    /// <exception cref="IOException">The disk is full, or the folder does not exist or may not be written. Nothing is left behind.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Errors.ThrowIfDisposed(_disposed, this);
        AtomicFile.Write(path, Report.Entry.PlanBytes, CopyTo);
    }

    /// <summary>Lets others delete the plan. Engines that were loaded from it stay usable.</summary>
    public void Dispose()
    {
        _disposed = true;
        _file?.Dispose();
        _plan?.Dispose();
    }
}
