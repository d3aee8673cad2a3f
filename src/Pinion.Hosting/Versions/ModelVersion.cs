namespace Pinion.Hosting.Batching;

/// <summary>A version of a model: its engines, its instances and what was measured of them.</summary>
internal sealed class InstanceSet
{
    /// <summary>Small batches on few instances would make a queue of nothing.</summary>
    private const long SmallestQueue = 32;

    private readonly Action<Instance> _completed;
    private readonly List<EngineShare> _newest = [];
    private readonly Lock _loadGate = new();
    private readonly PlanStamp _file;

    private InstanceSet(
        string plan, string version, BatchingSettings settings, ModelLayout layout, OutputBlockPool blocks, Action<Instance> completed, PlanStamp file)
    {
        (Plan, Version, Settings, Layout, Blocks, _completed, _file) = (plan, version, settings, layout, blocks, completed, file);
        Busy = new int[settings.Devices.Count];
        WaitingLimit = settings.QueueCapacity ?? Math.Max(SmallestQueue, 2L * layout.Sizes.Max * settings.Devices.Count * settings.InstancesPerDevice);
    }

    public string Plan { get; }

    public string Version { get; }

    public BatchingSettings Settings { get; }

    public ModelLayout Layout { get; }

    public OutputBlockPool Blocks { get; }

    /// <summary>In rows.</summary>
    public long WaitingLimit { get; }

    public Instance[] Instances { get; private set; } = [];

    /// <summary>Instances that are not freed yet. Under the model's lock.</summary>
    public int Open { get; set; }

    /// <summary>Over once it is not needed any more: an instance that is out need not come back.</summary>
    public TaskCompletionSource Retired { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Over once all of its instances are freed.</summary>
    public TaskCompletionSource Freed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>By warm shapes, in the layout's order: seconds by rows, 0 where not measured.</summary>
    public double[][] Seconds { get; private set; } = [];

    /// <summary>Of the first warm shapes.</summary>
    public IReadOnlyDictionary<int, TimeSpan> BatchLatencies => Layout.Sizes.All.ToDictionary(rows => rows, rows => TimeSpan.FromSeconds(Seconds[0][rows]));

    public long DeviceBytes { get; private set; }

    /// <summary>Instances at work, by the device's place in the settings. Under the model's lock.</summary>
    public int[] Busy { get; }

    /// <summary>Loads, warms and measures. Blocks for as long as that takes.</summary>
    /// <exception cref="ArgumentException">It does not take what the old one, if there is one, takes.</exception>
    public static InstanceSet Load(
        string plan, string version, BatchingSettings settings, OutputBlockPool blocks, Action<Instance> completed, ModelLayout? old,
        CancellationToken cancellationToken)
    {
        var file = PlanStamp.Of(plan);
        var engines = new List<EngineShare>();
        InstanceSet? set = null;
        try
        {
            foreach (int device in settings.Devices)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var share = new EngineShare(Engine.Load(plan, new EngineLoadOptions { Device = device }), device);
                share.Retain();
                engines.Add(share);
            }

            if (PlanStamp.Of(plan) != file)
            {
                throw new PinionException($"The plan '{plan}' changed while it was being loaded: put files in place by renaming them.", PinionStatus.InvalidState, "load");
            }

            // What the old plan's outputs showed only when it ran holds for its successor.
            ModelLayout layout = old is { IsBatched: false } && settings.Batching
                ? ModelLayout.Unbatched(engines[0].Engine, settings, old.WhyNotBatched!)
                : ModelLayout.Create(engines[0].Engine, settings);
            set = new InstanceSet(plan, version, settings, layout, blocks, completed, file);
            try
            {
                set.ThrowIfDifferent(old);
                set.OpenAll(engines, cancellationToken);
            }
            catch (BatchNotFollowedException e)
            {
                set.Close();
                set = new InstanceSet(plan, version, settings, ModelLayout.Unbatched(engines[0].Engine, settings, e.Message), blocks, completed, file);
                set.ThrowIfDifferent(old);
                set.OpenAll(engines, cancellationToken);
            }

            return set;
        }
        catch
        {
            set?.Close();
            throw;
        }
        finally
        {
            // From now on the instances hold them.
            engines.ForEach(e => e.Release());
        }
    }

    /// <summary>Loads the engine of one instance anew, or takes the one that another of its device has got since, or still has where none could be loaded.</summary>
    public void Reload(Instance instance, CancellationToken cancellationToken)
    {
        lock (_loadGate)
        {
            EngineShare? newest = _newest.Find(e => e.Device == instance.Device && e.IsInUse);
            if (newest is not null && !ReferenceEquals(newest, instance.Engine))
            {
                instance.Change(newest);
            }
            else if (PlanStamp.Of(Plan) == _file)
            {
                // The memory may not do for two.
                instance.Change(null);
                newest = new EngineShare(Engine.Load(Plan, new EngineLoadOptions { Device = instance.Device }), instance.Device);
                _newest.RemoveAll(e => e.Device == instance.Device);
                _newest.Add(newest);
                instance.Change(newest);
            }
            else if (instance.Engine is null)
            {
                throw new PinionException($"The plan '{Plan}' is not the file any more that was loaded: swap to it.", PinionStatus.NotFound, "load");
            }

            // Else what lies there now may be another plan: the engine in memory is all that there is of this version.
        }

        instance.Open(cancellationToken);
    }

    /// <summary>Only while no instance runs.</summary>
    public void Close()
    {
        foreach (Instance instance in Instances)
        {
            instance.Close();
        }

        Instances = [];
    }

    private void ThrowIfDifferent(ModelLayout? old)
    {
        if (old is not null && Layout.FindDifference(old) is string difference)
        {
            throw new ArgumentException($"The plan '{Plan}' cannot take the old one's place: {difference}.");
        }
    }

    private void OpenAll(List<EngineShare> engines, CancellationToken cancellationToken)
    {
        var instances = new List<Instance>();
        try
        {
            foreach ((int place, EngineShare engine) in engines.Index())
            {
                for (int i = 0; i < Settings.InstancesPerDevice; i++)
                {
                    instances.Add(new Instance(this, engine, place, _completed));
                    instances[^1].Open(cancellationToken);
                }
            }

            Measure(instances[0], cancellationToken);
            DeviceBytes = engines.Sum(e => _file.Length + (e.Engine.DeviceMemoryBytes * Settings.InstancesPerDevice));
            _newest.AddRange(engines);
            Instances = [.. instances];
        }
        catch
        {
            instances.ForEach(i => i.Close());
            throw;
        }
    }

    private void Measure(Instance instance, CancellationToken cancellationToken)
    {
        Seconds = [.. Layout.WarmKeys.Select(_ => new double[Layout.Sizes.Max + 1])];
        for (int key = 0; key < Seconds.Length; key++)
        {
            foreach (int rows in Layout.Sizes.All)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Seconds[key][rows] = instance.Measure(Layout.WarmKeys[key], rows);
            }
        }
    }
}
