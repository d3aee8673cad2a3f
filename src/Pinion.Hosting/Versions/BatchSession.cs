using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Pinion.Hosting;

/// <summary>
/// Runs batches on a session: prepares shapes, copies inputs in, runs, copies outputs out. Threads: one at a time. A batch whose shapes
/// are ready looks up no name and no shape.
/// </summary>
internal sealed class BatchSession
{
    /// <summary>Shapes that come back are worth a graph.</summary>
    private const int PlainRunsBeforeGraph = 2;

    private const int MostPlainRuns = 8;

    private readonly RequestRules _rules;
    private readonly SessionOptions _options;
    private readonly OutputBlockPool _blocks;
    private readonly string _version;
    private readonly Action _completed;
    private readonly Dictionary<ShapeKey, BatchVariants> _variants = [];
    private (ShapeGroup? Group, BatchVariants? Variants)[] _byPlace = [];
    private Session? _session;
    private SessionInput<byte>[] _inputs = [];
    private SessionOutput<byte>[] _outputs = [];
    private BatchVariants _batchVariants = null!;
    private BatchVariant _batchVariant = null!;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _run;
    private int _passing;
    private long _passingBytes;
    private bool _isPreparationDue;
    private long _runs;

    /// <param name="engine">What it runs.</param>
    /// <param name="rules">What requests look like.</param>
    /// <param name="options">Of the session.</param>
    /// <param name="blocks">Memory for outputs.</param>
    /// <param name="version">What results say of where they are from.</param>
    /// <param name="completed">Called on a thread of the pool whenever a run is over; <see cref="EndRun"/> tells how.</param>
    public BatchSession(EngineShare engine, RequestRules rules, SessionOptions options, OutputBlockPool blocks, string version, Action completed)
    {
        (Engine, _rules, _options, _blocks, _version, _completed) = (engine, rules, options, blocks, version, completed);
        engine.Retain();
    }

    /// <summary>Null while one is freed and the next is not loaded yet.</summary>
    public EngineShare? Engine { get; private set; }

    /// <summary>What was noted when the present batch was started.</summary>
    public BatchStart Start { get; private set; }

    /// <summary>The index of the request whose memory is being read; -1 if none is.</summary>
    public int Filling { get; private set; }

    /// <summary>Whether there is something to do while no batch wants to run: shapes to prepare that came with requests, or some to give up.</summary>
    public bool HasUpkeep => _isPreparationDue || HasTooMany;

    /// <summary>Whether that has waited long enough: batches of the last shapes run by plain enqueues again and again.</summary>
    public bool IsUpkeepOverdue => _isPreparationDue && _batchVariant.PlainRuns >= MostPlainRuns;

    /// <summary>Times of the last run.</summary>
    public Timings Timings => _session!.Timings;

    /// <summary>Device memory that it took.</summary>
    public long DeviceBytes => _session!.DeviceBytes;

    /// <summary>Makes the session, and every warm batch ready.</summary>
    /// <exception cref="PinionException">Memory is exhausted, or the plan fails.</exception>
    public void Open(CancellationToken cancellationToken)
    {
        _session = Engine!.Engine.CreateSession(_options);
        _inputs = [.. _rules.Inputs.Select(i => _session.GetInput<byte>(i.Name))];
        _outputs = [.. _rules.Outputs.Select(o => _session.GetOutput<byte>(o.Name))];
        try
        {
            foreach (ShapeKey key in _rules.WarmKeys)
            {
                foreach (int rows in _rules.Sizes.All)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Add(key, rows, isWarm: true);
                }
            }
        }
        catch
        {
            CloseSession();
            throw;
        }
    }

    /// <summary>Another engine from now on, or for the time being none. The session must be closed.</summary>
    public void Change(EngineShare? engine)
    {
        engine?.Retain();
        Engine?.Release();
        Engine = engine;
    }

    /// <summary>Frees the session; <see cref="Open"/> makes the next.</summary>
    public void CloseSession()
    {
        _session?.Dispose();
        _session = null;
        _variants.Clear();
        Array.Clear(_byPlace);
        (_passing, _passingBytes, _isPreparationDue) = (0, 0, false);
    }

    /// <summary>Frees everything, for good.</summary>
    public void Close()
    {
        CloseSession();
        Change(null);
    }

    /// <summary>Finds the batch's variant. Allocates nothing but at the first batch of a group.</summary>
    public bool IsReady(Batch batch)
    {
        BatchVariants? variants = batch.Group.Place < _byPlace.Length && ReferenceEquals(_byPlace[batch.Group.Place].Group, batch.Group)
            ? _byPlace[batch.Group.Place].Variants
            : Remember(batch.Group);
        if (variants?.ByRows[batch.Rows] is BatchVariant variant)
        {
            (_batchVariants, _batchVariant) = (variants, variant);
            return true;
        }

        return false;
    }

    /// <summary>Takes a batch's shapes on, so that it runs by plain enqueues: no more than its requests have to wait for.</summary>
    /// <exception cref="PinionException">Memory is exhausted, or TensorRT refuses.</exception>
    public void Admit(Batch batch)
    {
        Add(batch.Group.Key, batch.Rows, isWarm: false);
        Remember(batch.Group);
        IsReady(batch);
    }

    /// <summary>Prepares one set of shapes that has come back, and gives up what is too much: milliseconds or more.</summary>
    /// <exception cref="PinionException">The shapes stay as they are, with plain enqueues.</exception>
    public void Upkeep()
    {
        BatchVariant[] due = [.. _variants.Values.SelectMany(v => v.ByRows).Where(v => v is not null && IsDue(v)).OrderByDescending(v => v!.PlainRuns)!];
        _isPreparationDue = due.Length > 1;
        if (due.Length > 0)
        {
            BatchVariant variant = due[0];
            variant.StaysPlain = true;
            long before = variant.Variant.DeviceBytes;
            _session!.Prepare(ShapesOf(variant.Key, variant.Rows));
            variant.StaysPlain = false;
            _passingBytes += variant.Variant.DeviceBytes - before;
        }

        while (HasTooMany)
        {
            DiscardLeastUsed();
        }
    }

    /// <summary>The median of a few runs over zeros, in seconds.</summary>
    public double Measure(ShapeKey key, int rows)
    {
        const int Runs = 5;
        ShapeVariant variant = Add(key, rows, isWarm: true);
        _session!.Use(variant);
        foreach (SessionInput<byte> input in _inputs)
        {
            input.Span.Clear();
        }

        Span<double> seconds = stackalloc double[Runs];
        for (int i = 0; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _session.Run(variant);
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        seconds.Sort();
        return seconds[Runs / 2];
    }

    /// <summary>Copies the batch's inputs into pinned memory. The batch is ready.</summary>
    /// <exception cref="Exception">Whatever a caller's MemoryManager throws; <see cref="Filling"/> tells whose.</exception>
    public void Fill(Batch batch)
    {
        Filling = -1;
        _session!.Use(_batchVariant.Variant);
        _batchVariant.LastUsed = ++_runs;
        if (!_batchVariant.Variant.IsPrepared)
        {
            _batchVariant.PlainRuns++;
            _isPreparationDue |= IsDue(_batchVariant);
        }

        for (int input = 0; input < _inputs.Length; input++)
        {
            Filling = -1;
            Span<byte> destination = _inputs[input].Span;
            int rowBytes = destination.Length / batch.Rows;
            bool isPadded = _rules.IsPadded(input);
            for (int i = 0; i < batch.Count; i++)
            {
                Filling = i;
                PendingRequest request = batch.Requests[i];
                int bytes = rowBytes * request.Rows;
                ref readonly TensorInput source = ref request.Inputs[input];
                if (isPadded)
                {
                    PaddedCopy.Copy(source.Bytes, source.Shape, destination[..bytes], _rules.ShapeOf(batch.Group.Key, input, request.Rows));
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
    /// <param name="batch">The batch that was run.</param>
    /// <param name="request">One of its requests.</param>
    /// <param name="firstRow">The request's first row in the batch.</param>
    /// <param name="timings">For the result.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for them.</exception>
    public unsafe InferenceResult CopyOut(Batch batch, PendingRequest request, int firstRow, in RequestTimings timings)
    {
        OutputLayout layout = _batchVariants.LayoutOf(_batchVariant, _rules, request.Rows);
        OutputBlock block = _blocks.Rent(layout.TotalBytes);
        for (int i = 0; i < _outputs.Length; i++)
        {
            ReadOnlySpan<byte> output = _outputs[i].Span;
            int rowBytes = output.Length / batch.Rows;
            output.Slice(firstRow * rowBytes, layout.Sizes[i]).CopyTo(new Span<byte>(block.Data + layout.Offsets[i], layout.Sizes[i]));
        }

        return new InferenceResult(_version, layout, block, timings);
    }

    private BatchVariants? Remember(ShapeGroup group)
    {
        if (!_variants.TryGetValue(group.Key, out BatchVariants? variants))
        {
            return null;
        }

        if (group.Place >= _byPlace.Length)
        {
            Array.Resize(ref _byPlace, Math.Max(group.Place + 1, 2 * _byPlace.Length));
        }

        _byPlace[group.Place] = (group, variants);
        return variants;
    }

    /// <summary>What passes may be one set of shapes more than there is room for, until there is time to give one up.</summary>
    private bool HasTooMany => _passing > 1 && (_passing > _options.MaxShapes || _passingBytes > _options.MaxShapeBytes);

    private static bool IsDue(BatchVariant variant) =>
        !variant.Variant.IsPrepared && !variant.StaysPlain && variant.PlainRuns >= PlainRunsBeforeGraph;

    private (string Input, TensorShape Shape)[] ShapesOf(ShapeKey key, int rows) =>
        [.. _rules.Inputs.Index().Where(i => i.Item.Shape.IsDynamic).Select(i => (i.Item.Name, _rules.ShapeOf(key, i.Index, rows)))];

    private ShapeVariant Add(ShapeKey key, int rows, bool isWarm)
    {
        if (_variants.TryGetValue(key, out BatchVariants? variants) && variants.ByRows[rows] is BatchVariant known)
        {
            return known.Variant;
        }

        while (!isWarm && HasTooMany)
        {
            DiscardLeastUsed();
        }

        (string Input, TensorShape Shape)[] shapes = ShapesOf(key, rows);
        ShapeVariant variant = isWarm ? _session!.Prepare(shapes) : _session!.Admit(shapes);
        foreach (TensorInfo output in _rules.IsBatched ? _rules.Outputs : [])
        {
            TensorShape shape = variant.GetShape(output.Name);
            if (shape[0] != rows)
            {
                variant.Dispose();
                throw new BatchNotFollowedException($"the output '{output.Name}' has the shape {shape} in a batch of {rows}: its first dimension is not the batch");
            }
        }

        // Only now: what was discarded may have been the last of this key's.
        if (!_variants.TryGetValue(key, out variants))
        {
            _variants.Add(key, variants = new BatchVariants(_rules.Sizes.Max));
        }

        variants.ByRows[rows] = new BatchVariant(variant, key, rows, isWarm);
        if (!isWarm)
        {
            _passing++;
            _passingBytes += variant.DeviceBytes;
        }

        return variant;
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
        _passingBytes -= least.Variant.DeviceBytes;
        least.Variant.Dispose();
    }
}
