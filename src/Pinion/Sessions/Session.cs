namespace Pinion;

/// <summary>
/// Runs an engine: one stream with its execution contexts, pinned host buffers, device buffers and CUDA graphs, for one
/// inference at a time. Several sessions of one engine overlap and share its weights; <see cref="SessionPool"/> rents them.
/// Owner: the caller, who disposes it; spans that it gave out lie in its buffers and are valid until then. Threads: one at a
/// time, which is checked; Dispose from any. No run and no span allocates, locks or looks a name up once its shapes are
/// prepared.
/// </summary>
public sealed unsafe class Session : IDisposable
{
    private readonly SessionHandle _handle;
    private readonly pn_session* _native;
    private readonly CompletionCallback _completions = new();
    private readonly SessionShapes _shapes;
    private readonly SessionBuffers? _buffers;
    private readonly MemoryPressure? _pressure;
    private bool _isClosed;

    internal Session(SessionHandle handle, EngineTensors tensors, SessionOptions options)
    {
        _handle = handle;
        _native = (pn_session*)handle.DangerousGetHandle();
        Tensors = tensors;
        Options = options;
        Profile = tensors.Profiles[options.Profile];
        State = new RunState(this, _native);
        Variants = new SessionVariants(this, _native, tensors, options);
        _shapes = new SessionShapes(Variants, tensors, options.Profile);
        Runs = new SessionRuns(_native, State, _shapes, tensors, _completions);
        try
        {
            _buffers = new SessionBuffers(_native, tensors);
            _pressure = new MemoryPressure(_buffers.SizeBytes);
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
        if (!_isClosed)
        {
            _handle.Dispose();
            FreeWhatNativeUsed();
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

    /// <summary>Whether no run is in flight or unawaited, so that buffers may be touched.</summary>
    public bool IsIdle => State.IsIdle;

    /// <summary>Whether the shapes that are set run from a CUDA graph. Prepares them if need be, which overwrites the outputs of former runs.</summary>
    /// <exception cref="InvalidOperationException">An input has no shape yet.</exception>
    public bool UsesGraph => _shapes.Current.UsesGraph;

    /// <summary>How long the first run with the shapes that are set took, in milliseconds: <see cref="ShapeVariant.FirstRunMs"/>. Prepares them as
    /// <see cref="UsesGraph"/> does.</summary>
    /// <exception cref="InvalidOperationException">An input has no shape yet.</exception>
    public double FirstRunMs => _shapes.Current.FirstRunMs;

    /// <summary>Times of the last run. Allocates nothing.</summary>
    /// <exception cref="InvalidOperationException">No run has succeeded yet, or work is in flight.</exception>
    public Timings Timings => Runs.Timings;

    internal EngineTensors Tensors { get; }

    internal RunState State { get; }

    internal SessionRuns Runs { get; }

    internal SessionVariants Variants { get; }

    /// <summary>Taken by all that changes the variants, the bindings or the session's life; by no run.</summary>
    internal Lock SetUp { get; } = new();

    /// <summary>Whether a pool owns it, so that only the pool disposes it.</summary>
    internal bool IsPooled { get; set; }

    // ------------------------------------------------------------ shapes

    /// <summary>
    /// Makes a set of input shapes ready: checks them against the profile, runs once, captures a graph. It is kept until it
    /// is disposed. The same shapes give the same variant. Not for the hot path: milliseconds or more, and the outputs of
    /// former runs are overwritten.
    /// </summary>
    /// <param name="shapes">The shape of each dynamic input; others may be left out.</param>
    /// <exception cref="ArgumentException">Unknown input, missing input, or a shape outside the profile.</exception>
    /// <exception cref="InvalidOperationException">The session is in use.</exception>
    /// <exception cref="PinionException">Memory is exhausted, or TensorRT refuses.</exception>
    public ShapeVariant Prepare(params ReadOnlySpan<(string Input, TensorShape Shape)> shapes) => Variants.Prepare(shapes);

    /// <summary>
    /// Takes a set of input shapes on without running it: the set-up of a context, and no graph. Runs of it are plain enqueues, until
    /// <see cref="Prepare"/> with the same shapes makes it ready. For shapes that come with a request, which should wait for no more than it
    /// needs; prepare them later, while nothing else is to be done. It is kept until it is disposed, and shapes that are there already give
    /// their variant. The outputs of former runs stay.
    /// </summary>
    /// <param name="shapes">The shape of each dynamic input; others may be left out.</param>
    /// <exception cref="ArgumentException">Unknown input, missing input, or a shape outside the profile.</exception>
    /// <exception cref="InvalidOperationException">The session is in use.</exception>
    /// <exception cref="PinionException">Memory is exhausted, or TensorRT refuses.</exception>
    public ShapeVariant Admit(params ReadOnlySpan<(string Input, TensorShape Shape)> shapes) => Variants.Admit(shapes);

    /// <summary>Sets the shape of one input for the next run, which prepares it if it is new. Outputs of a run with other shapes cannot be read from then on,
    /// unless its shapes are set again before anything is prepared.</summary>
    /// <exception cref="ArgumentException">There is no such input, or the shape lies outside the profile.</exception>
    public void SetShape(string input, TensorShape shape)
    {
        State.ThrowIfNotIdle();
        _shapes.Set(Tensors.IndexOfInput(input), shape);
    }

    /// <summary>Sets the first dimension of every input where it is dynamic. Other dimensions stay; those never set take
    /// the profile's optimum.</summary>
    /// <exception cref="ArgumentException">The batch lies outside the profile, or the engine's batch is fixed.</exception>
    public void SetBatch(int batch)
    {
        State.ThrowIfNotIdle();
        _shapes.SetBatch(batch);
    }

    /// <summary>Makes a variant's shapes the session's, so that its spans have them before the run. Allocates nothing.</summary>
    /// <exception cref="ArgumentException">The variant belongs to another session.</exception>
    /// <exception cref="ObjectDisposedException">The variant is disposed.</exception>
    public void Use(ShapeVariant variant)
    {
        State.ThrowIfNotIdle();
        _shapes.Use(Own(variant));
    }

    /// <summary>The shape of a tensor in the next run; -1 for dimensions of an input that are not set. An output's shape
    /// is known once the inputs' are; shapes that are new are prepared for it, which overwrites the outputs of former runs.</summary>
    public TensorShape GetShape(string tensor)
    {
        State.ThrowIfNotIdle();
        return _shapes.ShapeOf(Tensors.IndexOf(tensor));
    }

    /// <summary>Device memory that the session took, in bytes: its buffers, its scratch memory, and what its shapes hold, each measured when it was made.</summary>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public long DeviceBytes => Variants.SessionBytes();

    // ------------------------------------------------------------ inputs and outputs

    /// <summary>Finds an input once, for runs that look nothing up.</summary>
    /// <typeparam name="T">The C# type of the tensor's elements, or byte for the bytes of any tensor.</typeparam>
    /// <exception cref="ArgumentException">There is no such input, or its elements are no <typeparamref name="T"/>.</exception>
    public SessionInput<T> GetInput<T>(string name)
        where T : unmanaged => new(this, InputOf<T>(name));

    /// <summary>Finds an output once, for runs that look nothing up.</summary>
    /// <typeparam name="T">The C# type of the tensor's elements, or byte for the bytes of any tensor.</typeparam>
    /// <exception cref="ArgumentException">There is no such output, or its elements are no <typeparamref name="T"/>.</exception>
    public SessionOutput<T> GetOutput<T>(string name)
        where T : unmanaged => new(this, OutputOf<T>(name));

    /// <summary>As <see cref="SessionInput{T}.Span"/>, found by name.</summary>
    public Span<T> Input<T>(string name)
        where T : unmanaged => InputSpan<T>(InputOf<T>(name));

    /// <summary>As <see cref="SessionOutput{T}.Span"/>, found by name.</summary>
    public ReadOnlySpan<T> Output<T>(string name)
        where T : unmanaged => OutputSpan<T>(OutputOf<T>(name));

    /// <summary>
    /// Reads an input from, or writes an output to, the caller's pinned memory, without a copy by the host. It must hold
    /// the tensor in every prepared shape, and is kept from being freed until it is unbound. Not for the hot path: graphs
    /// are captured anew. The session must be idle.
    /// </summary>
    /// <typeparam name="T">The C# type of the tensor's elements, or byte for the bytes of any tensor.</typeparam>
    /// <exception cref="ArgumentException">Unknown tensor, wrong type, or too small.</exception>
    public void BindHost<T>(string tensor, PinnedBuffer<T> buffer)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(buffer);
        int index = Tensors.IndexOf(tensor);
        Tensors.CheckType<T>(index);
        Bind(index, pn_memory_kind.PN_MEMORY_HOST, buffer.Data, buffer.SizeBytes, buffer.Counted);
    }

    /// <summary>As <see cref="BindHost"/>, with device memory: the tensor is not copied at all.</summary>
    /// <exception cref="ArgumentException">Unknown tensor, or too small.</exception>
    public void BindDevice(string tensor, DeviceBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        Bind(Tensors.IndexOf(tensor), pn_memory_kind.PN_MEMORY_DEVICE, (void*)buffer.DevicePointer, buffer.SizeBytes, buffer.Counted);
    }

    /// <summary>As <see cref="BindHost"/>, with device memory of another library, which the caller keeps valid until it is
    /// unbound or the session is disposed.</summary>
    /// <exception cref="ArgumentException">Unknown tensor, null pointer, or too small.</exception>
    public void BindDevice(string tensor, nint devicePointer, long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(devicePointer);
        Bind(Tensors.IndexOf(tensor), pn_memory_kind.PN_MEMORY_DEVICE, (void*)devicePointer, sizeBytes, null);
    }

    /// <summary>Goes back to the session's own memory for a tensor. The session must be idle.</summary>
    public void Unbind(string tensor) => Bind(Tensors.IndexOf(tensor), pn_memory_kind.PN_MEMORY_SESSION, null, 0, null);

    // ------------------------------------------------------------ runs

    /// <summary>Copies in, computes, copies out and waits, with the shapes that are set.</summary>
    /// <exception cref="InvalidOperationException">An input has no shape yet, or the session is in use.</exception>
    /// <exception cref="PinionException">The run failed.</exception>
    public void Run() => Runs.Run(_shapes.Current);

    /// <summary>As <see cref="SetBatch"/> and <see cref="Run()"/>; once prepared, the batch is an array index.</summary>
    /// <inheritdoc cref="Run()"/>
    public void Run(int batch) => Runs.Run(_shapes.ForBatch(batch));

    /// <summary>Runs with a variant's shapes, which become the session's.</summary>
    /// <exception cref="ArgumentException">The variant belongs to another session.</exception>
    /// <inheritdoc cref="Run()"/>
    public void Run(ShapeVariant variant) => Runs.Run(Own(variant));

    /// <summary>
    /// Runs without blocking a thread. The buffers belong to the run until it is awaited; await it once. The continuation
    /// runs on a thread of the pool or the captured context.
    /// </summary>
    /// <param name="cancellationToken">Ends the await at once. Work on the device cannot be recalled: a run that has started goes on there, and the session is
    /// in use until it is done (<see cref="IsIdle"/> tells); then it is free again, and its outputs are lost.</param>
    /// <exception cref="OperationCanceledException">It was cancelled before it was done. Thrown by the await.</exception>
    /// <exception cref="InvalidOperationException">An input has no shape yet, or the session is in use. Thrown at once.</exception>
    /// <exception cref="PinionException">The run failed. Thrown by the await.</exception>
    public ValueTask RunAsync(CancellationToken cancellationToken = default) => cancellationToken.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellationToken)
        : Runs.RunAsync(_shapes.Current, cancellationToken);

    /// <summary>As <see cref="SetBatch"/> and <see cref="RunAsync(CancellationToken)"/>.</summary>
    /// <inheritdoc cref="RunAsync(CancellationToken)"/>
    public ValueTask RunAsync(int batch, CancellationToken cancellationToken = default) => cancellationToken.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellationToken)
        : Runs.RunAsync(_shapes.ForBatch(batch), cancellationToken);

    /// <summary>Runs with a variant's shapes, which become the session's, without blocking a thread.</summary>
    /// <inheritdoc cref="RunAsync(CancellationToken)"/>
    public ValueTask RunAsync(ShapeVariant variant, CancellationToken cancellationToken = default) => cancellationToken.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellationToken)
        : Runs.RunAsync(Own(variant), cancellationToken);

    /// <summary>Starts a run and returns; <see cref="Poll"/> or <see cref="Wait"/> ends it. The buffers belong to the run
    /// until then.</summary>
    /// <inheritdoc cref="Run()"/>
    public void Enqueue() => Runs.Enqueue(_shapes.Current);

    /// <summary>As <see cref="SetBatch"/> and <see cref="Enqueue()"/>.</summary>
    /// <inheritdoc cref="Run()"/>
    public void Enqueue(int batch) => Runs.Enqueue(_shapes.ForBatch(batch));

    /// <summary>Starts a run with a variant's shapes, which become the session's, and returns.</summary>
    /// <inheritdoc cref="Run(ShapeVariant)"/>
    public void Enqueue(ShapeVariant variant) => Runs.Enqueue(Own(variant));

    /// <summary>Whether the run that was enqueued is complete; true once, then the session is idle. Never blocks.</summary>
    /// <exception cref="InvalidOperationException">Nothing was enqueued.</exception>
    /// <exception cref="PinionException">The run failed; the session is idle again.</exception>
    public bool Poll() => Runs.Poll();

    /// <summary>Waits for the run that was enqueued.</summary>
    /// <exception cref="InvalidOperationException">Nothing was enqueued.</exception>
    /// <exception cref="PinionException">The run failed; the session is idle again.</exception>
    public void Wait() => Runs.Wait();

    /// <summary>Runs the shapes that are set with TensorRT's profiler attached. The session must be idle.</summary>
    /// <param name="iterations">Runs to average over, at least 1.</param>
    public LayerProfile ProfileLayers(int iterations = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        ShapeVariant variant = _shapes.Current;
        State.ThrowIfNotIdle();
        pn_blob* json;
        pn_error* error = null;
        int status = pn_session_profile_layers(_native, variant.Number, iterations, &json, &error);
        Runs.ForgetOutputs("layers were profiled since, which runs the model over the buffers");
        State.Check(status, error);
        using var blob = new BlobHandle(json);
        return LayerProfile.Read(blob.ReadText());
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

    // ------------------------------------------------------------ for the library

    /// <summary>Dispose, for the pool too.</summary>
    internal void Close()
    {
        lock (SetUp)
        {
            if (!_isClosed)
            {
                _isClosed = true;
                pn_error* error = null;
                Errors.Check(_handle.CloseSession(&error), error);
                Variants.DiscardAll();
                FreeWhatNativeUsed();
            }
        }
    }

    /// <summary>Makes it as new for another user: waits for what is in flight, forgets shapes and bindings.</summary>
    internal void Reclaim()
    {
        State.GiveUpRun();
        Runs.ForgetOutputs(null);
        _shapes.Reset();
        for (int tensor = 0; tensor < Tensors.All.Length; tensor++)
        {
            if (_buffers!.IsBound(tensor))
            {
                Bind(tensor, pn_memory_kind.PN_MEMORY_SESSION, null, 0, null);
            }
        }
    }

    internal Span<T> InputSpan<T>(int tensor)
        where T : unmanaged
    {
        State.ThrowIfNotIdle();
        return _buffers!.Span<T>(tensor, _shapes.InputBytes(tensor));
    }

    internal ReadOnlySpan<T> OutputSpan<T>(int tensor)
        where T : unmanaged
    {
        State.ThrowIfNotIdle();
        return _buffers!.Span<T>(tensor, Runs.Readable.Bytes[tensor]);
    }

    private void Bind(int tensor, pn_memory_kind kind, void* data, long bytes, CountedMemory? owner)
    {
        lock (SetUp)
        {
            State.ThrowIfNotIdle();
            if (kind != pn_memory_kind.PN_MEMORY_SESSION && Variants.LargestBytes(tensor) is long needed && bytes < needed)
            {
                throw SessionErrors.BindingTooSmall(Tensors.All[tensor], bytes, needed);
            }

            Runs.ForgetOutputs("memory was bound or unbound since");
            _buffers!.Bind(State, tensor, kind, data, bytes, owner);
        }
    }

    private int InputOf<T>(string name)
        where T : unmanaged
    {
        int tensor = Tensors.IndexOfInput(name);
        Tensors.CheckType<T>(tensor);
        return tensor;
    }

    private int OutputOf<T>(string name)
        where T : unmanaged
    {
        int tensor = Tensors.IndexOfOutput(name);
        Tensors.CheckType<T>(tensor);
        return tensor;
    }

    private ShapeVariant Own(ShapeVariant variant)
    {
        ArgumentNullException.ThrowIfNull(variant);
        if (!ReferenceEquals(variant.Session, this))
        {
            throw SessionErrors.ForeignVariant(nameof(variant));
        }

        Errors.ThrowIfDisposed(variant.IsDisposed, variant);
        return variant;
    }

    private void Warm(SessionOptions options)
    {
        if (Profile.Inputs.Values.All(r => r.Min == r.Max))
        {
            Prepare();
        }

        foreach (IReadOnlyDictionary<string, TensorShape> shapes in options.WarmShapes)
        {
            Prepare([.. shapes.Select(s => (s.Key, s.Value))]);
        }

        foreach (int batch in options.WarmBatches)
        {
            _shapes.ForBatch(batch).IsKept = true;
            _shapes.Reset();
        }
    }

    /// <summary>After the native session is closed or gone, which has joined its threads.</summary>
    private void FreeWhatNativeUsed()
    {
        _completions.Free();
        _buffers?.ReleaseBound();
        _pressure?.Dispose();
    }
}
