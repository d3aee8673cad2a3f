namespace Pinion.Hosting;

/// <summary>A version of a model: its engines, its instances and what was measured of them. Threads: any, but for the pool, which is under the model's lock.</summary>
internal sealed class ModelVersion
{
    /// <summary>The least rows that may wait: small batches on few instances would make a queue of nothing.</summary>
    private const long SmallestQueue = 32;

    private readonly BatchingSettings _settings;
    private readonly OutputBlockPool _blocks;
    private readonly Action<Instance> _completed;
    private readonly List<EngineShare> _newest = [];
    private readonly Lock _loadGate = new();
    private readonly TaskCompletionSource _retired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ServedPlan _plan;
    private readonly PlanStamp _file;
    private int _open;

    private ModelVersion(
        ServedPlan plan, string name, BatchingSettings settings, RequestRules rules, OutputBlockPool blocks, Action<Instance> completed, PlanStamp file) =>
        (_plan, Name, _settings, Rules, _blocks, _completed, _file) = (plan, name, settings, rules, blocks, completed, file);

    public string Plan => _plan.Path;

    public string Name { get; }

    public RequestRules Rules { get; }

    public InstancePool Pool { get; private set; } = null!;

    /// <summary>Over once the version is not needed any more: an instance that is out need not come back.</summary>
    public Task Retired => _retired.Task;

    /// <summary>Over once all instances are freed.</summary>
    public Task Freed => _freed.Task;

    /// <summary>Seconds by rows for each of the rules' warm shapes; 0 where not measured.</summary>
    public double[][] Seconds { get; private set; } = [];

    /// <summary>Median latency of each batch size, at the first warm shapes.</summary>
    public IReadOnlyDictionary<int, TimeSpan> BatchLatencies => Rules.Sizes.All.ToDictionary(rows => rows, rows => TimeSpan.FromSeconds(Seconds[0][rows]));

    public long DeviceBytes { get; private set; }

    /// <summary>Loads, warms and measures. Blocks for as long as that takes.</summary>
    /// <param name="plan">The plan; the version's where this succeeds.</param>
    /// <param name="name">What results say.</param>
    /// <param name="settings">The model's.</param>
    /// <param name="blocks">Memory for outputs.</param>
    /// <param name="completed">Called on a thread of the pool when an instance's batch is over.</param>
    /// <param name="old">The rules of the version whose place it takes; null if there is none.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <exception cref="ArgumentException">It does not take what the old one takes.</exception>
    public static ModelVersion Load(
        ServedPlan plan, string name, BatchingSettings settings, OutputBlockPool blocks, Action<Instance> completed, RequestRules? old,
        CancellationToken cancellationToken)
    {
        PlanStamp file = plan.Stamp();
        var engines = new List<EngineShare>();
        try
        {
            foreach (int device in settings.Devices)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var share = new EngineShare(plan.Load(settings.Load with { Device = device }), device);
                share.Retain();
                engines.Add(share);
            }

            if (plan.Stamp() != file)
            {
                throw new PinionException($"The plan '{plan.Path}' changed while it was being loaded: put files in place by renaming them.", PinionStatus.InvalidState, "load");
            }

            // What the old plan's outputs showed only when it ran holds for its successor.
            RequestRules rules = old is { IsBatched: false } && settings.Batching
                ? RequestRules.Unbatched(PlanTensors.Of(engines[0].Engine), settings, old.WhyNotBatched!)
                : RequestRules.Create(PlanTensors.Of(engines[0].Engine), settings);
            try
            {
                return Open(rules);
            }
            catch (BatchNotFollowedException e)
            {
                return Open(RequestRules.Unbatched(PlanTensors.Of(engines[0].Engine), settings, e.Message));
            }
        }
        finally
        {
            // From now on the sessions hold them.
            engines.ForEach(e => e.Release());
        }

        ModelVersion Open(RequestRules rules)
        {
            if (old is not null && rules.FindDifference(old) is string difference)
            {
                throw new ArgumentException($"The plan '{plan.Path}' cannot take the old one's place: {difference}.");
            }

            var version = new ModelVersion(plan, name, settings, rules, blocks, completed, file);
            version.OpenAll(engines, cancellationToken);
            return version;
        }
    }

    /// <summary>Replaces an instance's session.</summary>
    /// <exception cref="PinionException">Memory is exhausted, or the engine fails.</exception>
    public static void Reopen(Instance instance, CancellationToken cancellationToken)
    {
        instance.Session.CloseSession();
        instance.Session.Open(cancellationToken);
    }

    /// <summary>Loads the engine of one instance anew, or takes the one that another of its device has got since, or still has where none could be loaded.</summary>
    /// <exception cref="PinionException">The engine does not load, or fails.</exception>
    public void Reload(Instance instance, CancellationToken cancellationToken)
    {
        BatchSession session = instance.Session;
        session.CloseSession();
        lock (_loadGate)
        {
            EngineShare? newest = _newest.Find(e => e.Device == instance.Device && e.IsInUse);
            if (newest is not null && !ReferenceEquals(newest, session.Engine))
            {
                session.Change(newest);
            }
            else if (_plan.Stamp() == _file)
            {
                // The memory may not do for two.
                session.Change(null);
                newest = new EngineShare(_plan.Load(_settings.Load with { Device = instance.Device }), instance.Device);
                _newest.RemoveAll(e => e.Device == instance.Device);
                _newest.Add(newest);
                session.Change(newest);
            }
            else if (session.Engine is null)
            {
                throw new PinionException($"The plan '{Plan}' is not the file any more that was loaded: swap to it.", PinionStatus.NotFound, "load");
            }

            // Else what lies there now may be another plan: the engine in memory is all that there is of this version.
        }

        session.Open(cancellationToken);
    }

    /// <summary>Under the model's lock: the version is not needed any more. Idle instances go at once, the others when they are done.</summary>
    public void Retire()
    {
        _retired.TrySetResult();
        foreach (Instance instance in Pool.All)
        {
            if (instance.State == InstanceState.Idle)
            {
                Close(instance);
            }
        }
    }

    /// <summary>Under the model's lock: an idle instance goes for good. Freeing takes a while, and no lock.</summary>
    public static void Close(Instance instance)
    {
        instance.State = InstanceState.Closed;
        ThreadPool.UnsafeQueueUserWorkItem(static instance => instance.Version.Free(instance), instance, preferLocal: false);
    }

    /// <summary>Frees a version that nobody has used yet.</summary>
    public void Abandon()
    {
        foreach (Instance instance in Pool.All)
        {
            instance.Session.Close();
        }

        _plan.Dispose();
    }

    private void Free(Instance instance)
    {
        instance.Session.Close();
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _plan.Dispose();
            _freed.TrySetResult();
        }
    }

    private void OpenAll(List<EngineShare> engines, CancellationToken cancellationToken)
    {
        var instances = new List<Instance>();
        try
        {
            foreach ((int place, EngineShare engine) in engines.Index())
            {
                for (int i = 0; i < _settings.InstancesPerDevice; i++)
                {
                    instances.Add(MakeInstance(engine, place));
                    instances[^1].Session.Open(cancellationToken);
                }
            }

            Measure(instances[0].Session, cancellationToken);
        }
        catch
        {
            instances.ForEach(i => i.Session.Close());
            throw;
        }

        DeviceBytes = (engines.Count * _file.Length) + instances.Sum(i => i.Session.DeviceBytes);
        _newest.AddRange(engines);
        _open = instances.Count;
        long waitingLimit = _settings.QueueCapacity ?? Math.Max(SmallestQueue, 2L * Rules.Sizes.Max * instances.Count);
        Pool = new InstancePool([.. instances], engines.Count, Rules.Sizes, waitingLimit);
    }

    private Instance MakeInstance(EngineShare engine, int place)
    {
        Instance? instance = null;
        return instance = new Instance(engine.Device, place, Rules.Sizes.Max)
        {
            Version = this,
            Session = new BatchSession(engine, Rules, _settings.Session, _blocks, Name, () => _completed(instance!)),
        };
    }

    private void Measure(BatchSession session, CancellationToken cancellationToken)
    {
        Seconds = [.. Rules.WarmKeys.Select(_ => new double[Rules.Sizes.Max + 1])];
        for (int key = 0; key < Seconds.Length; key++)
        {
            foreach (int rows in Rules.Sizes.All)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Seconds[key][rows] = session.Measure(Rules.WarmKeys[key], rows);
            }
        }
    }
}
