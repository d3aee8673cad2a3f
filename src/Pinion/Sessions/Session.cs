namespace Pinion;

/// <summary>
/// Runs an engine. It owns, per slot, a stream, execution contexts, pinned host buffers and device buffers; its own members
/// for running are those of slot 0. Owner: the caller, who disposes it; spans that it gave out lie in its buffers and are
/// valid until then. Threads: as <see cref="SessionSlot"/>; one thread prepares shapes while the others wait.
/// </summary>
public sealed unsafe class Session : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SessionHandle _handle;
    private readonly pn_session* _native;
    private readonly CompletionTable _completions;
    private readonly SessionSlot[] _slots;
    private readonly int _maxShapes;
    private ShapeVariant[] _variants = [];
    private bool _disposed;

    internal Session(SessionHandle handle, EngineTensors tensors, SessionOptions options)
    {
        _handle = handle;
        _native = (pn_session*)handle.DangerousGetHandle();
        _maxShapes = options.MaxShapes;
        _slots = new SessionSlot[options.Slots];
        _completions = new CompletionTable(options.Slots);
        Tensors = tensors;
        Options = options;
        Profile = tensors.Profiles[options.Profile];
        try
        {
            for (int i = 0; i < _slots.Length; i++)
            {
                _slots[i] = new SessionSlot(this, i, _native, _completions, options.Profile);
            }

            _completions.Register(_native);
            Warm(options);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>An abandoned session frees its memory some time.</summary>
    ~Session()
    {
        if (!_disposed)
        {
            Free();
        }
    }

    /// <summary>The inputs in the network's order.</summary>
    public IReadOnlyList<TensorInfo> Inputs => Tensors.Inputs;

    /// <summary>The outputs in the network's order.</summary>
    public IReadOnlyList<TensorInfo> Outputs => Tensors.Outputs;

    /// <summary>What it was created with.</summary>
    public SessionOptions Options { get; }

    /// <summary>The optimization profile in use.</summary>
    public ProfileInfo Profile { get; }

    /// <summary>The slots. Slot 0 is the one that the session's own members use.</summary>
    public IReadOnlyList<SessionSlot> Slots => _slots;

    /// <summary>Whether the shapes that are set run from a CUDA graph. Prepares them if need be.</summary>
    /// <exception cref="InvalidOperationException">An input has no shape yet.</exception>
    public bool UsesGraph => _slots[0].CurrentVariant.UsesGraph;

    /// <inheritdoc cref="SessionSlot.Timings"/>
    public Timings Timings => _slots[0].Timings;

    internal EngineTensors Tensors { get; }

    /// <summary>Whether a pool owns it, so that only the pool disposes it.</summary>
    internal bool IsPooled { get; set; }

    /// <summary>
    /// Makes a set of input shapes ready on every slot: checks them against the profile, runs once, captures graphs. It is
    /// kept until it is disposed. The same shapes give the same variant. Not for the hot path: milliseconds or more, and
    /// the outputs of former runs are overwritten.
    /// </summary>
    /// <param name="shapes">The shape of each dynamic input; others may be left out.</param>
    /// <exception cref="ArgumentException">Unknown input, missing input, or a shape outside the profile.</exception>
    /// <exception cref="InvalidOperationException">A slot has work in flight.</exception>
    /// <exception cref="PinionException">Memory is exhausted, or TensorRT refuses.</exception>
    public ShapeVariant Prepare(params ReadOnlySpan<(string Input, TensorShape Shape)> shapes)
    {
        var resolved = new TensorShape[Tensors.InputCount];
        var given = new bool[Tensors.InputCount];
        foreach ((string input, TensorShape shape) in shapes)
        {
            int index = Tensors.IndexOfInput(input);
            if (given[index])
            {
                throw Errors.InputGivenTwice(input);
            }

            (resolved[index], given[index]) = (shape, true);
        }

        for (int i = 0; i < resolved.Length; i++)
        {
            ShapeRange range = Profile.Inputs[Tensors.Inputs[i].Name];
            if (!given[i] && range.Min != range.Max)
            {
                throw Errors.ShapeMissing(Tensors.Inputs[i], range);
            }

            resolved[i] = given[i] ? resolved[i] : range.Min;
            if (!range.Contains(resolved[i]))
            {
                throw Errors.ShapeOutsideProfile(Tensors.Inputs[i], resolved[i], range);
            }
        }

        return FindOrPrepare(resolved, keep: true);
    }

    /// <inheritdoc cref="SessionSlot.SetShape"/>
    public void SetShape(string input, TensorShape shape) => _slots[0].SetShape(input, shape);

    /// <inheritdoc cref="SessionSlot.SetBatch"/>
    public void SetBatch(int batch) => _slots[0].SetBatch(batch);

    /// <inheritdoc cref="SessionSlot.Use"/>
    public void Use(ShapeVariant variant) => _slots[0].Use(variant);

    /// <inheritdoc cref="SessionSlot.GetShape"/>
    public TensorShape GetShape(string tensor) => _slots[0].GetShape(tensor);

    /// <inheritdoc cref="SessionSlot.GetInput"/>
    public SessionInput<T> GetInput<T>(string name)
        where T : unmanaged => _slots[0].GetInput<T>(name);

    /// <inheritdoc cref="SessionSlot.GetOutput"/>
    public SessionOutput<T> GetOutput<T>(string name)
        where T : unmanaged => _slots[0].GetOutput<T>(name);

    /// <inheritdoc cref="SessionSlot.Input"/>
    public Span<T> Input<T>(string name)
        where T : unmanaged => _slots[0].Input<T>(name);

    /// <inheritdoc cref="SessionSlot.Output"/>
    public ReadOnlySpan<T> Output<T>(string name)
        where T : unmanaged => _slots[0].Output<T>(name);

    /// <inheritdoc cref="SessionSlot.InputBytes"/>
    public Span<byte> InputBytes(string name) => _slots[0].InputBytes(name);

    /// <inheritdoc cref="SessionSlot.OutputBytes"/>
    public ReadOnlySpan<byte> OutputBytes(string name) => _slots[0].OutputBytes(name);

    /// <inheritdoc cref="SessionSlot.Run()"/>
    public void Run() => _slots[0].Run();

    /// <inheritdoc cref="SessionSlot.Run(int)"/>
    public void Run(int batch) => _slots[0].Run(batch);

    /// <inheritdoc cref="SessionSlot.Run(ShapeVariant)"/>
    public void Run(ShapeVariant variant) => _slots[0].Run(variant);

    /// <inheritdoc cref="SessionSlot.RunAsync(CancellationToken)"/>
    public ValueTask RunAsync(CancellationToken cancellationToken = default) => _slots[0].RunAsync(cancellationToken);

    /// <inheritdoc cref="SessionSlot.RunAsync(int, CancellationToken)"/>
    public ValueTask RunAsync(int batch, CancellationToken cancellationToken = default) => _slots[0].RunAsync(batch, cancellationToken);

    /// <inheritdoc cref="SessionSlot.RunAsync(ShapeVariant, CancellationToken)"/>
    public ValueTask RunAsync(ShapeVariant variant, CancellationToken cancellationToken = default) =>
        _slots[0].RunAsync(variant, cancellationToken);

    /// <summary>Runs the shapes that are set with TensorRT's profiler attached, on slot 0. Every slot must be idle.</summary>
    /// <param name="iterations">Runs to average over, at least 1.</param>
    public LayerProfile ProfileLayers(int iterations = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        ShapeVariant variant = _slots[0].CurrentVariant;
        LayerProfile? profile = null;
        WithAllSlots(() =>
        {
            pn_blob* json;
            pn_error* error = null;
            Errors.Check(pn_session_profile_layers(_native, variant.Number, iterations, &json, &error), error);
            using var blob = new BlobHandle(json);
            profile = DescriptionReader.ReadLayerProfile(blob.ReadText());
        });
        return profile!;
    }

    /// <summary>Waits for work in flight and frees everything. Spans over its buffers must not be used after that. A
    /// session that a pool owns is not affected: dispose the lease, or the pool.</summary>
    public void Dispose()
    {
        if (!IsPooled)
        {
            Close();
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Dispose, for the pool too.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (SessionSlot slot in _slots)
            {
                slot?.Close();
            }

            foreach (ShapeVariant variant in _variants)
            {
                variant.MarkDiscarded();
            }

            Free();
        }
    }

    /// <summary>A variant of exactly these input shapes, or null.</summary>
    internal ShapeVariant? Find(ReadOnlySpan<TensorShape> inputs)
    {
        foreach (ShapeVariant variant in Volatile.Read(ref _variants))
        {
            if (variant.HasInputs(inputs))
            {
                return variant;
            }
        }

        return null;
    }

    internal ShapeVariant FindOrPrepare(ReadOnlySpan<TensorShape> inputs, bool keep)
    {
        lock (_gate)
        {
            Errors.ThrowIfDisposed(_disposed, this);
            ShapeVariant variant = Find(inputs) ?? PrepareOnAllSlots(inputs, keep);
            variant.IsKept |= keep;
            return variant;
        }
    }

    internal void Discard(ShapeVariant variant)
    {
        lock (_gate)
        {
            if (_disposed || variant.IsDisposed)
            {
                return;
            }

            AcquireAll();
            try
            {
                DiscardNative(variant);
            }
            finally
            {
                ReleaseAll(_slots.Length, outputsLost: false);
            }
        }
    }

    internal bool UsesGraphOf(ShapeVariant variant)
    {
        lock (_gate)
        {
            Errors.ThrowIfDisposed(_disposed, this);
            Errors.ThrowIfDisposed(variant.IsDisposed, variant);
            int usesGraph;
            pn_error* error = null;
            Errors.Check(pn_session_uses_graph(_native, variant.Number, &usesGraph, &error), error);
            return usesGraph != 0;
        }
    }

    /// <summary>The most memory that a tensor takes in any variant; null without variants.</summary>
    internal long? LargestBytes(int tensor) => _variants.Length == 0 ? null : _variants.Max(v => v.Bytes[tensor]);

    /// <summary>Does what the native layer wants every slot idle for.</summary>
    internal void WithAllSlots(Action action)
    {
        lock (_gate)
        {
            Errors.ThrowIfDisposed(_disposed, this);
            AcquireAll();
            try
            {
                action();
            }
            finally
            {
                ReleaseAll(_slots.Length, outputsLost: true);
            }
        }
    }

    internal void Reclaim() => _slots[0].Reclaim();

    private void Warm(SessionOptions options)
    {
        if (Profile.Inputs.Values.All(r => r.Min == r.Max))
        {
            Prepare().IsKept = true;
        }

        foreach (IReadOnlyDictionary<string, TensorShape> shapes in options.WarmShapes)
        {
            Prepare([.. shapes.Select(s => (s.Key, s.Value))]);
        }

        foreach (int batch in options.WarmBatches)
        {
            foreach (SessionSlot slot in _slots)
            {
                slot.WarmBatch(batch).IsKept = true;
            }
        }
    }

    private ShapeVariant PrepareOnAllSlots(ReadOnlySpan<TensorShape> inputs, bool keep)
    {
        AcquireAll();
        try
        {
            ShapeVariant[] passing = [.. _variants.Where(v => !v.IsKept)];
            if (!keep && passing.Length >= _maxShapes)
            {
                DiscardNative(passing.MinBy(v => v.LastUsed)!);
            }

            ShapeVariant variant = PrepareNative(inputs);
            if (FindTooSmallBinding(variant) is ArgumentException tooSmall)
            {
                DiscardNative(variant);
                throw tooSmall;
            }

            Volatile.Write(ref _variants, [.. _variants, variant]);
            return variant;
        }
        finally
        {
            ReleaseAll(_slots.Length, outputsLost: true);
        }
    }

    private ShapeVariant PrepareNative(ReadOnlySpan<TensorShape> inputs)
    {
        pn_shape* native = stackalloc pn_shape[inputs.Length];
        int count = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (Tensors.Inputs[i].Shape.IsDynamic)
            {
                pn_shape* shape = &native[count++];
                shape->tensor = i;
                shape->rank = inputs[i].Rank;
                inputs[i].Dims.CopyTo(new Span<long>(shape->dims, TensorShape.MaxRank));
            }
        }

        int number;
        pn_error* error = null;
        Errors.Check(pn_session_prepare(_native, native, count, &number, &error), error);
        var shapes = new TensorShape[Tensors.All.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            shapes[i] = i < inputs.Length ? inputs[i] : ReadShape(number, i);
        }

        return new ShapeVariant(this, number, shapes, Tensors);
    }

    private TensorShape ReadShape(int variant, int tensor)
    {
        long* dims = stackalloc long[TensorShape.MaxRank];
        int rank;
        pn_error* error = null;
        Errors.Check(pn_session_shape(_native, variant, tensor, dims, &rank, &error), error);
        return new TensorShape(new ReadOnlySpan<long>(dims, rank));
    }

    private ArgumentException? FindTooSmallBinding(ShapeVariant variant)
    {
        foreach (SessionSlot slot in _slots)
        {
            for (int tensor = 0; tensor < variant.Bytes.Length; tensor++)
            {
                if (slot.BufferBytes(tensor) < variant.Bytes[tensor])
                {
                    return Errors.BindingTooSmall(Tensors.All[tensor], slot.BufferBytes(tensor), variant.Bytes[tensor]);
                }
            }
        }

        return null;
    }

    private void DiscardNative(ShapeVariant variant)
    {
        pn_error* error = null;
        Errors.Check(pn_session_discard(_native, variant.Number, &error), error);
        variant.MarkDiscarded();
        Volatile.Write(ref _variants, [.. _variants.Where(v => !ReferenceEquals(v, variant))]);
    }

    private void AcquireAll()
    {
        int acquired = 0;
        try
        {
            for (; acquired < _slots.Length; acquired++)
            {
                _slots[acquired].Acquire();
            }
        }
        catch
        {
            ReleaseAll(acquired, outputsLost: false);
            throw;
        }
    }

    private void ReleaseAll(int count, bool outputsLost)
    {
        for (int i = 0; i < count; i++)
        {
            _slots[i].Release(outputsLost);
        }
    }

    /// <summary>First the native session, which waits and joins its threads; then what those threads could reach.</summary>
    private void Free()
    {
        _handle.Dispose();
        _completions.Free();
        foreach (SessionSlot slot in _slots)
        {
            slot?.ReleaseBound();
        }
    }
}
