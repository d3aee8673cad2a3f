using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Pinion.Hosting.Batching;

/// <summary>
/// A session: one batch at a time. Its batch and state are the scheduler's; the session is used by whoever has moved the
/// instance out of <see cref="InstanceState.Idle"/>, one thread at a time.
/// </summary>
internal sealed class Instance
{
    private readonly Dictionary<ShapeKey, BatchVariants> _variants = [];
    private readonly Action _completed;
    private Session? _session;
    private BatchVariants _batchVariants = null!;
    private BatchVariant _batchVariant = null!;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _run;
    private int _passing;
    private long _runs;

    public Instance(InstanceSet set, EngineShare engine, int place, Action<Instance> completed)
    {
        (Place, Device) = (place, engine.Device);
        Set = set;
        Engine = engine;
        engine.Retain();
        Batch = new PendingRequest[set.Layout.Sizes.Max];
        _completed = () => completed(this);
    }

    public InstanceSet Set { get; }

    public int Device { get; }

    /// <summary>Its device's place in the settings.</summary>
    public int Place { get; }

    /// <summary>Null between two of them.</summary>
    public EngineShare? Engine { get; private set; }

    public InstanceState State { get; set; }

    /// <summary>In a row.</summary>
    public int Failures { get; set; }

    public PendingRequest[] Batch { get; }

    public int Count { get; set; }

    public int Rows { get; set; }

    public ShapeGroup Group { get; set; } = null!;

    /// <summary>When its batch was formed, in ticks of the model's clock.</summary>
    public long StartedAt { get; set; }

    public BatchStart Start { get; private set; }

    /// <summary>The request whose memory is being read.</summary>
    public int Filling { get; private set; }

    /// <summary>The next of those to be started.</summary>
    public Instance? NextToStart { get; set; }

    public Timings Timings => _session!.Timings;

    /// <summary>Makes the session, and every warm batch ready.</summary>
    /// <exception cref="PinionException">Memory is exhausted, or the plan fails.</exception>
    public void Open(CancellationToken cancellationToken)
    {
        OpenSession();
        try
        {
            foreach (ShapeKey key in Set.Layout.WarmKeys)
            {
                foreach (int rows in Set.Layout.Sizes.All)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Prepare(key, rows, isWarm: true);
                }
            }
        }
        catch
        {
            CloseSession();
            throw;
        }
    }

    public void OpenSession() => _session = Engine!.Engine.CreateSession(Set.Settings.Session);

    /// <summary>Another engine from now on, or for the time being none. The session must be closed.</summary>
    public void Change(EngineShare? engine)
    {
        engine?.Retain();
        Engine?.Release();
        Engine = engine;
    }

    public void CloseSession()
    {
        _session?.Dispose();
        _session = null;
        _variants.Clear();
        _passing = 0;
    }

    /// <summary>For good.</summary>
    public void Close()
    {
        CloseSession();
        Change(null);
    }

    /// <summary>Finds the batch's variant. Allocates nothing.</summary>
    public bool IsReady()
    {
        if (_variants.TryGetValue(Group.Key, out BatchVariants? variants) && variants.ByRows[Rows] is BatchVariant variant)
        {
            (_batchVariants, _batchVariant) = (variants, variant);
            return true;
        }

        return false;
    }

    /// <summary>Makes a batch ready: milliseconds or more.</summary>
    /// <exception cref="PinionException">Memory is exhausted, or TensorRT refuses.</exception>
    public ShapeVariant Prepare(ShapeKey key, int rows, bool isWarm)
    {
        if (!_variants.TryGetValue(key, out BatchVariants? variants))
        {
            _variants.Add(key, variants = new BatchVariants(Set.Layout.Sizes.Max));
        }

        if (variants.ByRows[rows] is BatchVariant known)
        {
            return known.Variant;
        }

        if (!isWarm && _passing >= Set.Settings.Session.MaxShapes)
        {
            DiscardLeastUsed();
        }

        ModelLayout layout = Set.Layout;
        ShapeVariant variant = _session!.Prepare([.. layout.Inputs.Index()
            .Where(i => i.Item.Shape.IsDynamic).Select(i => (i.Item.Name, layout.ShapeOf(key, i.Index, rows)))]);
        foreach (TensorInfo output in layout.IsBatched ? layout.Outputs : [])
        {
            TensorShape shape = variant.GetShape(output.Name);
            if (shape[0] != rows)
            {
                variant.Dispose();
                throw new BatchNotFollowedException($"the output '{output.Name}' has the shape {shape} in a batch of {rows}: its first dimension is not the batch");
            }
        }

        variants.ByRows[rows] = new BatchVariant(variant, key, rows, isWarm);
        _passing += isWarm ? 0 : 1;
        return variant;
    }

    /// <summary>The median of a few runs over zeros, in seconds.</summary>
    public double Measure(ShapeKey key, int rows)
    {
        const int Runs = 5;
        ShapeVariant variant = Prepare(key, rows, isWarm: true);
        _session!.Use(variant);
        foreach (TensorInfo input in Set.Layout.Inputs)
        {
            _session!.InputBytes(input.Name).Clear();
        }

        Span<double> seconds = stackalloc double[Runs];
        for (int i = 0; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _session!.Run(variant);
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        seconds.Sort();
        return seconds[Runs / 2];
    }

    /// <summary>Copies the batch's inputs into pinned memory.</summary>
    /// <exception cref="Exception">Whatever a caller's MemoryManager throws; <see cref="Filling"/> tells whose.</exception>
    public void Fill()
    {
        Filling = -1;
        _session!.Use(_batchVariant.Variant);
        _batchVariant.LastUsed = ++_runs;
        TensorInfo[] inputs = Set.Layout.Inputs;
        for (int input = 0; input < inputs.Length; input++)
        {
            Filling = -1;
            Span<byte> destination = _session!.InputBytes(inputs[input].Name);
            int rowBytes = destination.Length / Rows;
            bool isPadded = Set.Layout.IsPadded(input);
            for (int i = 0; i < Count; i++)
            {
                Filling = i;
                PendingRequest request = Batch[i];
                int bytes = rowBytes * request.Rows;
                ref readonly TensorInput source = ref request.Inputs[input];
                if (isPadded)
                {
                    PaddedCopy.Copy(source.Bytes, source.Shape, destination[..bytes], Set.Layout.ShapeOf(Group.Key, input, request.Rows));
                }
                else
                {
                    source.Bytes.CopyTo(destination[..bytes]);
                }

                destination = destination[bytes..];
            }
        }
    }

    /// <summary>Starts the batch. The end comes on a thread of the pool, always.</summary>
    public void Run()
    {
        Start = PinionTelemetry.BatchStarting();
#pragma warning disable CA2012 // It is consumed once, in EndRun.
        _run = _session!.RunAsync(_batchVariant.Variant).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        _run.UnsafeOnCompleted(_completed);
    }

    /// <exception cref="PinionException">The run failed.</exception>
    public void EndRun()
    {
        ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter run = _run;
        _run = default;
        run.GetResult();
    }

    /// <summary>Copies a request's outputs out.</summary>
    /// <param name="request">One of the batch.</param>
    /// <param name="firstRow">Its place in the batch.</param>
    /// <param name="timings">For the result.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for them.</exception>
    public unsafe InferenceResult CopyOut(PendingRequest request, int firstRow, in RequestTimings timings)
    {
        OutputLayout layout = _batchVariants.LayoutOf(_batchVariant, Set.Layout, request.Rows);
        OutputBlock block = Set.Blocks.Rent(layout.TotalBytes);
        for (int i = 0; i < layout.Sizes.Length; i++)
        {
            ReadOnlySpan<byte> output = _session!.OutputBytes(layout.Outputs[i].Name);
            int rowBytes = output.Length / Rows;
            output.Slice(firstRow * rowBytes, layout.Sizes[i]).CopyTo(new Span<byte>(block.Data + layout.Offsets[i], layout.Sizes[i]));
        }

        return new InferenceResult(Set.Version, layout, block, timings);
    }

    private void DiscardLeastUsed()
    {
        BatchVariant least = _variants.Values.SelectMany(v => v.ByRows).Where(v => v is { IsWarm: false }).MinBy(v => v!.LastUsed)!;
        BatchVariants variants = _variants[least.Key];
        variants.ByRows[least.Rows] = null;
        if (Array.TrueForAll(variants.ByRows, v => v is null))
        {
            _variants.Remove(least.Key);
        }

        _passing--;
        least.Variant.Dispose();
    }
}

internal enum InstanceState
{
    /// <summary>It waits for a batch.</summary>
    Idle,

    /// <summary>It has one.</summary>
    Busy,

    /// <summary>Its session is being replaced after a failed run.</summary>
    Repairing,

    /// <summary>Its engine is being loaded anew.</summary>
    Out,

    /// <summary>It is being freed, or has been.</summary>
    Closed,
}
