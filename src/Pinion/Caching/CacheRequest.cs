using System.Diagnostics;

namespace Pinion;

/// <summary>One request to a cache. Threads: one.</summary>
internal sealed class CacheRequest
{
    private readonly string _path;
    private readonly EngineCacheOptions _cache;
    private readonly ModelSource _model;
    private readonly EngineBuildOptions _options;
    private readonly IProgress<BuildProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private BuilderIngredients? _builder;

    internal CacheRequest(string path, EngineCacheOptions cache, ModelSource model, EngineBuildOptions? options, IProgress<BuildProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        _path = path;
        _cache = cache;
        _model = model;
        _options = options ?? new EngineBuildOptions();
        _options.Validate();
        _progress = progress;
        _cancellation = cancellation;
    }

    private BuilderIngredients Builder => _builder ??= BuilderIngredients.Find(_cache);

    /// <param name="wholePlan">Whether to verify all of a plan that is found; else as much as loading it does not.</param>
    internal CachedPlan GetOrBuild(bool wholePlan) => GetOrBuild(wholePlan, null, null);

    internal CachedEngine LoadOrBuild(EngineLoadOptions? load)
    {
        load?.Validate();
        // A raw plan has no checksums of its own.
        CachedPlan plan = GetOrBuild(_options.Raw);
        try
        {
            return new CachedEngine(plan.Load(load), plan.Report);
        }
        catch (PinionException e) when (plan.Report.Outcome == CacheOutcome.Hit && IsOfThePlan(e))
        {
            plan.Dispose();
            plan = GetOrBuild(wholePlan: true, plan.Report.Entry, $"the engine that was kept does not load: {e.Message.TrimEnd('.')}");
            return new CachedEngine(plan.Load(load), plan.Report);
        }
        finally
        {
            plan.Dispose();
        }
    }

    internal CacheExplanation Explain(CacheFolder folder)
    {
        IngredientList ingredients = Ingredients();
        CacheEntry? entry = null;
        try
        {
            entry = EntryFile.Read(folder, ingredients.Key);
        }
        catch (Exception e) when (e is InvalidDataException || AtomicFile.IsWriteError(e))
        {
            // None, or none that counts.
        }

        return entry is null ? Explain(folder, ingredients) : new CacheExplanation(_model.Name, entry.Key, entry, null, []);
    }

    /// <param name="wholePlan">As above.</param>
    /// <param name="refused">A plan that is of no use, though its checksums match; null where none is known.</param>
    /// <param name="refusal">Why it is of none.</param>
    internal CachedPlan GetOrBuild(bool wholePlan, CacheEntry? refused, string? refusal)
    {
        var folder = CacheFolder.OpenOrCreate(_path);
        IngredientList ingredients = Ingredients();
        if (Hit(folder, ingredients, wholePlan, refused, out _) is { } hit)
        {
            return hit;
        }

        var watch = Stopwatch.StartNew();
        using var taken = KeyLock.Take(folder, ingredients.Key, () => _progress?.Report(new BuildProgress("wait", null, 0, 0, watch.Elapsed)), _cancellation);
        // Another may have built it meanwhile, and brought the timing cache to where this build would bring it.
        string key = ingredients.Key;
        ingredients = _options.TimingCachePath is null ? ingredients : Ingredients();
        if (Hit(folder, ingredients, wholePlan, refused, out string? damage) is { } late)
        {
            return late;
        }

        IReadOnlyList<string> reasons = (damage ?? refusal) is { } reason ? [reason] : Explain(folder, ingredients).Reasons;
        return Build(folder, ingredients, key, reasons);
    }

    private CachedPlan? Hit(CacheFolder folder, IngredientList ingredients, bool wholePlan, CacheEntry? refused, out string? damage)
    {
        damage = null;
        try
        {
            if (folder.Find(ingredients.Key, wholePlan, _cancellation) is not { } found)
            {
                return null;
            }

            if (found.Entry.BuiltAt == refused?.BuiltAt)
            {
                found.Plan.Dispose();
                return null;
            }

            folder.Touch(ingredients.Key);
            return new CachedPlan(new CacheReport { Outcome = CacheOutcome.Hit, Entry = found.Entry }, found.Plan, null);
        }
        catch (InvalidDataException e)
        {
            damage = $"the engine that was kept is damaged: {e.Message}";
            return null;
        }
    }

    /// <param name="folder">Where to keep it.</param>
    /// <param name="ingredients">What it is made of.</param>
    /// <param name="key">Whose lock is held.</param>
    /// <param name="reasons">Why it is built.</param>
    private CachedPlan Build(CacheFolder folder, IngredientList ingredients, string key, IReadOnlyList<string> reasons)
    {
        var watch = Stopwatch.StartNew();
        (Plan plan, IsolatedBuild? build) = WithModel(folder, key, Build);
        try
        {
            TimeSpan time = build?.BuildTime ?? watch.Elapsed;
            IngredientList after = Ingredients();
            // A build adds to its timing cache, and to nothing else.
            if (CacheChange.Between(ingredients.Items, after.Items).Where(c => c.Name != OptionIngredients.TimingCache).ToArray() is { Length: > 0 } changes)
            {
                throw CacheErrors.ChangedMeanwhile(_model.Name, changes);
            }

            var entry = new CacheEntry
            {
                Key = after.Key,
                Model = _model.Name,
                Path = folder.PlanPath(after.Key),
                PlanBytes = plan.SizeBytes,
                SizeBytes = plan.SizeBytes,
                BuiltAt = DateTimeOffset.UtcNow,
                BuildTime = time,
                LastUsed = DateTimeOffset.UtcNow,
                Sdk = Builder.Sdk,
                TensorRt = Builder.TensorRt,
                Ingredients = after.Items,
            };
            return Keep(folder, plan, new CacheReport { Outcome = CacheOutcome.Built, Entry = entry, Reasons = reasons, PeakMemoryBytes = build?.PeakMemoryBytes }, key);
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <summary>Keeps a plan that was built; where that fails it is given out all the same, since it may have taken minutes.</summary>
    private CachedPlan Keep(CacheFolder folder, Plan plan, CacheReport report, string heldKey)
    {
        string key = report.Entry.Key;
        try
        {
            // The timing cache has grown by this build: what is kept is what the next request will ask for.
            using KeyLock? other = key == heldKey ? null : KeyLock.Take(folder, key, () => { }, _cancellation);
            CacheEntry stored = folder.Store(report.Entry, plan, _cancellation);
            (CacheEntry entry, FileStream file) = folder.Find(key, wholePlan: false, _cancellation) ?? throw new IOException("it was deleted as soon as it was written");
            plan.Dispose();
            IReadOnlyList<CacheEntry> deleted = _cache.MaxBytes is { } bytes ? EngineCache.Prune(folder, bytes, null).Deleted : [];
            if (_cache.MaxBytes is null)
            {
                folder.DeleteLeftovers();
            }

            return new CachedPlan(report with { Entry = entry with { PlanSha256 = stored.PlanSha256 }, Deleted = deleted }, file, null);
        }
        catch (Exception e) when (e is InvalidDataException || AtomicFile.IsWriteError(e))
        {
            return new CachedPlan(report with { NotKept = $"the engine was built and could not be kept in {_path}: {AtomicFile.Reason(e).TrimEnd('.')}" }, null, plan);
        }
    }

    private (Plan Plan, IsolatedBuild? Build) Build(string onnxPath)
    {
        if (_model.Maker is not { } make)
        {
            return Build(onnxPath, _options);
        }

        IsolatedBuild? last = null;
        Plan plan = make(
            onnxPath, _options, (path, options) =>
            {
                (Plan built, last) = Build(path, options);
                return built;
            },
            _cancellation);
        return (plan, last);
    }

    private (Plan Plan, IsolatedBuild? Build) Build(string onnxPath, EngineBuildOptions options)
    {
        if (_cache.InProcess)
        {
            return (EngineBuilder.Build(onnxPath, options, _progress, _cancellation), null);
        }

        IsolatedBuild build = EngineBuilder.BuildIsolatedAsync(onnxPath, options, _cache.Isolation, _progress, _cancellation).GetAwaiter().GetResult();
        return (build.Plan, build);
    }

    /// <summary>Does something with the model's file, which is made for it where there is none.</summary>
    private T WithModel<T>(CacheFolder folder, string key, Func<string, T> work)
    {
        if (_model.Path is { } path)
        {
            return work(path);
        }

        string temporary = folder.ModelFolder(key);
        try
        {
            Directory.CreateDirectory(temporary);
            string file = Path.Combine(temporary, FileName.For(_model.Name[(_model.Name.LastIndexOf(':') + 1)..], ".onnx", new HashSet<string>()));
            try
            {
                using FileStream stream = File.Create(file);
                _model.Write(stream, _cancellation);
            }
            catch (Exception e) when (AtomicFile.IsWriteError(e))
            {
                throw CacheErrors.CannotWrite(_path, e);
            }

            return work(file);
        }
        finally
        {
            Delete(temporary);
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
            // A leftover, which the next build deletes.
        }
    }

    /// <summary>Whether a failure to load may be the plan's own; of another SDK's plan it is this process's.</summary>
    private bool IsOfThePlan(PinionException e) =>
        e.Status == PinionStatus.PlanCorrupt || (e.Status == PinionStatus.PlanMismatch && Builder.Sdk == PinionRuntime.Info.Sdk);

    private IngredientList Ingredients()
    {
        var list = new IngredientList();
        ModelIngredients.Add(list, _model, _cancellation);
        Builder.Add(list, _options);
        OptionIngredients.Add(list, _options);
        return list;
    }

    private CacheExplanation Explain(CacheFolder folder, IngredientList ingredients)
    {
        string name = Path.GetFileName(_model.Name);
        (CacheEntry? nearest, IReadOnlyList<CacheChange> changes) = EngineCache.List(folder).Entries
            .Where(e => Path.GetFileName(e.Model) == name || ModelIngredients.AreSame(e.Ingredients, ingredients.Items))
            .Select(e => (Entry: (CacheEntry?)e, Changes: CacheChange.Between(e.Ingredients, ingredients.Items)))
            .OrderBy(e => e.Changes.Count).ThenByDescending(e => e.Entry!.BuiltAt)
            .FirstOrDefault((null, []));
        return new CacheExplanation(_model.Name, ingredients.Key, null, nearest, changes);
    }
}
