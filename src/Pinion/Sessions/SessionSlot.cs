using System.Diagnostics;

namespace Pinion;

/// <summary>
/// One inference at a time: buffers, a stream and contexts. Slots of a session overlap. Owner: the session. Threads:
/// different slots from different threads at once; one slot from one thread at a time, which is checked. No run and no
/// span allocates, locks or looks a name up once its shapes are prepared.
/// </summary>
public sealed unsafe class SessionSlot
{
    private const int Idle = 0;
    private const int InCall = 1;
    private const int Enqueued = 2;
    private const int Async = 3;
    private const int NotConsumed = 4;
    private const int InSetUp = 5;
    private const int Closed = 6;

    private readonly pn_session* _native;
    private readonly CompletionTable _completions;
    private readonly SlotShapes _shapes;
    private readonly SlotBuffers _buffers;
    private RunCompletion _completion;
    private int _state;
    private ShapeVariant? _ran;
    private long _started;
    private long _readable;

    internal SessionSlot(Session session, int index, pn_session* native, CompletionTable completions, int profile)
    {
        Session = session;
        Index = index;
        _native = native;
        _completions = completions;
        _shapes = new SlotShapes(session, profile);
        _buffers = new SlotBuffers(native, index, session.Tensors.All.Length);
        _completion = new RunCompletion(this);
    }

    /// <summary>The session that it belongs to.</summary>
    public Session Session { get; }

    /// <summary>Its number in <see cref="Session.Slots"/>.</summary>
    public int Index { get; }

    /// <summary>Whether no run is in flight or unawaited, so that buffers may be touched.</summary>
    public bool IsIdle => Volatile.Read(ref _state) == Idle;

    /// <summary>Times of the last run. Allocates nothing.</summary>
    /// <exception cref="InvalidOperationException">No run has succeeded yet, or work is in flight.</exception>
    public Timings Timings
    {
        get
        {
            Occupy();
            try
            {
                if (_ran is null)
                {
                    throw Errors.NoRunYet(Index);
                }

                pn_timings native = new() { struct_size = (uint)sizeof(pn_timings) };
                pn_error* error = null;
                Errors.Check(pn_session_timings(_native, Index, &native, &error), error);
                return ToTimings(native);
            }
            finally
            {
                Vacate(Idle);
            }
        }
    }

    internal EngineTensors Tensors => Session.Tensors;

    /// <summary>Sets the shape of one input for the next run, which prepares it if it is new.</summary>
    /// <exception cref="ArgumentException">There is no such input, or the shape lies outside the profile.</exception>
    public void SetShape(string input, TensorShape shape)
    {
        ThrowIfNotIdle();
        _shapes.Set(Tensors.IndexOfInput(input), shape);
    }

    /// <summary>Sets the first dimension of every input where it is dynamic. Other dimensions stay; those never set take
    /// the profile's optimum.</summary>
    /// <exception cref="ArgumentException">The batch lies outside the profile, or the engine's batch is fixed.</exception>
    public void SetBatch(int batch)
    {
        ThrowIfNotIdle();
        _shapes.SetBatch(batch);
    }

    /// <summary>Makes a variant's shapes the slot's, so that its spans have them before the run. Allocates nothing.</summary>
    /// <exception cref="ArgumentException">The variant belongs to another session.</exception>
    /// <exception cref="ObjectDisposedException">The variant is disposed.</exception>
    public void Use(ShapeVariant variant)
    {
        ThrowIfNotIdle();
        _shapes.Use(Own(variant));
    }

    /// <summary>The shape of a tensor in the next run; -1 for dimensions of an input that are not set. An output's shape
    /// is known once the inputs' are, and may have to be prepared.</summary>
    public TensorShape GetShape(string tensor)
    {
        ThrowIfNotIdle();
        return _shapes.ShapeOf(Tensors.IndexOf(tensor));
    }

    /// <summary>Finds an input once, for runs that look nothing up.</summary>
    /// <exception cref="ArgumentException">There is no such input, or its elements are no <typeparamref name="T"/>.</exception>
    public SessionInput<T> GetInput<T>(string name)
        where T : unmanaged
    {
        int tensor = Tensors.IndexOfInput(name);
        Tensors.CheckType<T>(tensor);
        return new SessionInput<T>(this, tensor);
    }

    /// <summary>Finds an output once, for runs that look nothing up.</summary>
    /// <exception cref="ArgumentException">There is no such output, or its elements are no <typeparamref name="T"/>.</exception>
    public SessionOutput<T> GetOutput<T>(string name)
        where T : unmanaged
    {
        int tensor = Tensors.IndexOfOutput(name);
        Tensors.CheckType<T>(tensor);
        return new SessionOutput<T>(this, tensor);
    }

    /// <summary>As <see cref="SessionInput{T}.Span"/>, found by name.</summary>
    public Span<T> Input<T>(string name)
        where T : unmanaged
    {
        int tensor = Tensors.IndexOfInput(name);
        Tensors.CheckType<T>(tensor);
        return InputSpan<T>(tensor);
    }

    /// <summary>As <see cref="SessionOutput{T}.Span"/>, found by name.</summary>
    public ReadOnlySpan<T> Output<T>(string name)
        where T : unmanaged
    {
        int tensor = Tensors.IndexOfOutput(name);
        Tensors.CheckType<T>(tensor);
        return OutputSpan<T>(tensor);
    }

    /// <summary>The bytes of an input of any type.</summary>
    public Span<byte> InputBytes(string name)
    {
        int tensor = Tensors.IndexOfInput(name);
        ThrowIfNotIdle();
        TensorShape shape = _shapes.ShapeOf(tensor);
        long bytes = shape.IsDynamic ? _buffers.Bytes(tensor) : DataTypes.Bytes(Tensors.All[tensor].DataType, shape.ElementCount);
        return new Span<byte>(HostPointer(tensor), SpanLength(tensor, bytes));
    }

    /// <summary>The bytes of an output of any type, as the last run wrote them.</summary>
    public ReadOnlySpan<byte> OutputBytes(string name)
    {
        int tensor = Tensors.IndexOfOutput(name);
        ThrowIfNotIdle();
        long bytes = (_ran ?? throw Errors.NoRunYet(Index)).Bytes[tensor];
        return new ReadOnlySpan<byte>(HostPointer(tensor), SpanLength(tensor, bytes));
    }

    /// <summary>Copies in, computes, copies out and waits, with the shapes that are set.</summary>
    /// <exception cref="InvalidOperationException">An input has no shape yet, or the slot is in use.</exception>
    /// <exception cref="PinionException">The run failed.</exception>
    public void Run() => RunVariant(_shapes.Current);

    /// <summary>As <see cref="SetBatch"/> and <see cref="Run()"/>; once prepared, the batch is an array index.</summary>
    /// <inheritdoc cref="Run()"/>
    public void Run(int batch) => RunVariant(_shapes.ForBatch(batch));

    /// <summary>Runs with a variant's shapes, which become the slot's.</summary>
    /// <exception cref="ArgumentException">The variant belongs to another session.</exception>
    /// <inheritdoc cref="Run()"/>
    public void Run(ShapeVariant variant) => RunVariant(Own(variant));

    /// <summary>
    /// Runs without blocking a thread. The slot's buffers belong to the run until it is awaited; await it once. The
    /// continuation runs on a thread of the pool or the captured context.
    /// </summary>
    /// <param name="cancellationToken">Looked at before the start only: work on the device cannot be recalled, so a run
    /// that has started completes, and its outputs are valid.</param>
    /// <exception cref="InvalidOperationException">An input has no shape yet, or the slot is in use. Thrown at once.</exception>
    /// <exception cref="PinionException">The run failed. Thrown by the await.</exception>
    public ValueTask RunAsync(CancellationToken cancellationToken = default) => cancellationToken.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellationToken)
        : RunVariantAsync(_shapes.Current);

    /// <summary>As <see cref="SetBatch"/> and <see cref="RunAsync(CancellationToken)"/>.</summary>
    /// <inheritdoc cref="RunAsync(CancellationToken)"/>
    public ValueTask RunAsync(int batch, CancellationToken cancellationToken = default) => cancellationToken.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellationToken)
        : RunVariantAsync(_shapes.ForBatch(batch));

    /// <summary>Runs with a variant's shapes, which become the slot's, without blocking a thread.</summary>
    /// <inheritdoc cref="RunAsync(CancellationToken)"/>
    public ValueTask RunAsync(ShapeVariant variant, CancellationToken cancellationToken = default) => cancellationToken.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellationToken)
        : RunVariantAsync(Own(variant));

    /// <summary>Starts a run and returns; <see cref="Poll"/> or <see cref="Wait"/> ends it. The slot's buffers belong to
    /// the run until then.</summary>
    /// <inheritdoc cref="Run()"/>
    public void Enqueue() => EnqueueVariant(_shapes.Current);

    /// <summary>As <see cref="SetBatch"/> and <see cref="Enqueue()"/>.</summary>
    /// <inheritdoc cref="Run()"/>
    public void Enqueue(int batch) => EnqueueVariant(_shapes.ForBatch(batch));

    /// <summary>Starts a run with a variant's shapes, which become the slot's, and returns.</summary>
    /// <inheritdoc cref="Run(ShapeVariant)"/>
    public void Enqueue(ShapeVariant variant) => EnqueueVariant(Own(variant));

    /// <summary>Whether the run that was enqueued is complete; true once, then the slot is idle. Never blocks.</summary>
    /// <exception cref="InvalidOperationException">Nothing was enqueued.</exception>
    /// <exception cref="PinionException">The run failed; the slot is idle again.</exception>
    public bool Poll()
    {
        Resume();
        pn_error* error = null;
        int status = pn_session_poll(_native, Index, &error);
        if (status == (int)pn_status.PN_NOT_READY)
        {
            Vacate(Enqueued);
            return false;
        }

        Finish(status, error);
        return true;
    }

    /// <summary>Waits for the run that was enqueued.</summary>
    /// <exception cref="InvalidOperationException">Nothing was enqueued.</exception>
    /// <exception cref="PinionException">The run failed; the slot is idle again.</exception>
    public void Wait()
    {
        Resume();
        pn_error* error = null;
        Finish(pn_session_wait(_native, Index, &error), error);
    }

    /// <summary>
    /// Reads an input from, or writes an output to, the caller's pinned memory, without a copy by the host. It must hold
    /// the tensor in every prepared shape, and is kept from being freed until it is unbound. Not for the hot path: graphs
    /// are captured anew. Every slot must be idle.
    /// </summary>
    /// <exception cref="ArgumentException">Unknown tensor, wrong type, or too small.</exception>
    public void BindHost<T>(string tensor, PinnedBuffer<T> buffer)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(buffer);
        int index = Tensors.IndexOf(tensor);
        Tensors.CheckType<T>(index);
        Bind(index, pn_memory_kind.PN_MEMORY_HOST, buffer.Data, buffer.SizeBytes, buffer);
    }

    /// <summary>As <see cref="BindHost"/>, with device memory: the tensor is not copied at all.</summary>
    /// <exception cref="ArgumentException">Unknown tensor, or too small.</exception>
    public void BindDevice(string tensor, DeviceBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        Bind(Tensors.IndexOf(tensor), pn_memory_kind.PN_MEMORY_DEVICE, (void*)buffer.DevicePointer, buffer.SizeBytes, buffer);
    }

    /// <summary>As <see cref="BindHost"/>, with device memory of another library, which the caller keeps valid until it is
    /// unbound or the session is disposed.</summary>
    /// <exception cref="ArgumentException">Unknown tensor, null pointer, or too small.</exception>
    public void BindDevice(string tensor, nint devicePointer, long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(devicePointer);
        Bind(Tensors.IndexOf(tensor), pn_memory_kind.PN_MEMORY_DEVICE, (void*)devicePointer, sizeBytes, null);
    }

    /// <summary>Goes back to the session's own memory for a tensor. Every slot must be idle.</summary>
    public void Unbind(string tensor) => Bind(Tensors.IndexOf(tensor), pn_memory_kind.PN_MEMORY_SESSION, null, 0, null);

    internal Span<T> InputSpan<T>(int tensor)
        where T : unmanaged
    {
        ThrowIfNotIdle();
        void* pointer = HostPointer(tensor);
        return new Span<T>(pointer, SpanLength(tensor, _shapes.InputLength(tensor) ?? _buffers.Bytes(tensor) / sizeof(T)));
    }

    internal ReadOnlySpan<T> OutputSpan<T>(int tensor)
        where T : unmanaged
    {
        ThrowIfNotIdle();
        int length = (_ran ?? throw Errors.NoRunYet(Index)).Lengths[tensor];
        return new ReadOnlySpan<T>(HostPointer(tensor), SpanLength(tensor, length));
    }

    /// <summary>On the native watcher thread: the run is over.</summary>
    internal void Complete(int status, pn_error* error)
    {
        // Once the state has changed, a pool may replace it.
        RunCompletion completion = _completion;
        if (status == 0)
        {
            Vacate(NotConsumed);
            completion.Succeed();
            return;
        }

        PinionException exception = Errors.Native(status, error);
        _ran = null;
        Vacate(NotConsumed);
        completion.Fail(exception);
    }

    /// <summary>The result of an asynchronous run was taken: the buffers are the caller's again.</summary>
    internal void Consume(RunCompletion completion)
    {
        if (ReferenceEquals(completion, _completion))
        {
            _readable = Stopwatch.GetTimestamp();
            Interlocked.CompareExchange(ref _state, Idle, NotConsumed);
        }
    }

    /// <summary>For work on the whole session. Waits for another thread's call, which is short, but not for work in flight;
    /// calls on the slot wait meanwhile.</summary>
    internal void Acquire()
    {
        SpinWait wait = default;
        while (true)
        {
            int was = Interlocked.CompareExchange(ref _state, InSetUp, Idle);
            if (was == Idle)
            {
                return;
            }

            if (was != InCall)
            {
                throw Errors.NotIdle(Session, Index, Describe(was));
            }

            wait.SpinOnce();
        }
    }

    /// <summary>Ends <see cref="Acquire"/>.</summary>
    /// <param name="outputsLost">Set-up ran on this slot, over what its last run wrote.</param>
    internal void Release(bool outputsLost)
    {
        if (outputsLost)
        {
            _ran = null;
        }

        Vacate(Idle);
    }

    /// <summary>No call after this one reaches the native session. Waits for calls; work enqueued is left to the native layer.</summary>
    internal void Close()
    {
        SpinWait wait = default;
        while (true)
        {
            int state = Volatile.Read(ref _state);
            if (state == Closed || (state is Idle or Enqueued or NotConsumed && Interlocked.CompareExchange(ref _state, Closed, state) == state))
            {
                return;
            }

            wait.SpinOnce();
        }
    }

    /// <summary>Makes the slot as new for another user: waits for what is in flight, forgets shapes and bindings.</summary>
    internal void Reclaim()
    {
        SpinWait wait = default;
        while (Volatile.Read(ref _state) is InCall or InSetUp or Async)
        {
            wait.SpinOnce();
        }

        if (Volatile.Read(ref _state) == Enqueued)
        {
            try
            {
                Wait();
            }
            catch (PinionException)
            {
                // The run was given up by its user, and its failure with it.
            }
        }

        if (Volatile.Read(ref _state) == NotConsumed)
        {
            // Its former user may still await it some time.
            _completion = new RunCompletion(this);
            Interlocked.CompareExchange(ref _state, Idle, NotConsumed);
        }

        _ran = null;
        _shapes.Reset();
        for (int tensor = 0; tensor < Tensors.All.Length; tensor++)
        {
            if (_buffers.IsBound(tensor))
            {
                Bind(tensor, pn_memory_kind.PN_MEMORY_SESSION, null, 0, null);
            }
        }
    }

    internal void ReleaseBound() => _buffers.ReleaseBound();

    internal long BufferBytes(int tensor) => _buffers.Bytes(tensor);

    internal ShapeVariant CurrentVariant => _shapes.Current;

    /// <summary>Prepares a batch and leaves the slot's shapes unset.</summary>
    internal ShapeVariant WarmBatch(int batch)
    {
        ShapeVariant variant = _shapes.ForBatch(batch);
        _shapes.Reset();
        return variant;
    }

    private void RunVariant(ShapeVariant variant)
    {
        int number = Enter(ref variant);
        pn_error* error = null;
        Finish(pn_session_run(_native, Index, number, &error), error);
    }

    private void EnqueueVariant(ShapeVariant variant)
    {
        int number = Enter(ref variant);
        pn_error* error = null;
        int status = pn_session_enqueue(_native, Index, number, &error);
        if (status != 0)
        {
            Finish(status, error);
        }

        Vacate(Enqueued);
    }

    private ValueTask RunVariantAsync(ShapeVariant variant)
    {
        int number = Enter(ref variant);
        ValueTask task = _completion.Start();
        _completions.Add(this);
        Vacate(Async);

        // The watcher may complete the run before this call returns.
        pn_error* error = null;
        int status = pn_session_enqueue_async(_native, Index, number, &error);
        if (status != 0)
        {
            _completions.Remove(this);
            _ran = null;
            Vacate(Idle);
            return ValueTask.FromException(Errors.Native(status, error));
        }

        return task;
    }

    /// <summary>Takes the slot for a run of the variant and gives its number.</summary>
    private int Enter(ref ShapeVariant variant)
    {
        while (true)
        {
            Occupy();
            int number = variant.Number;
            if (number >= 0)
            {
                _shapes.Use(variant);
                _ran = variant;
                _started = Stopwatch.GetTimestamp();
                variant.LastUsed = _started;
                return number;
            }

            Vacate(Idle);
            variant = _shapes.Replace(variant);
        }
    }

    /// <summary>The run is over, with or without success: the slot is idle.</summary>
    private void Finish(int status, pn_error* error)
    {
        _readable = Stopwatch.GetTimestamp();
        if (status != 0)
        {
            _ran = null;
        }

        Vacate(Idle);
        if (status != 0)
        {
            throw Errors.Native(status, error);
        }
    }

    private void Bind(int tensor, pn_memory_kind kind, void* data, long bytes, IBindableMemory? owner)
    {
        Session.WithAllSlots(() =>
        {
            if (kind != pn_memory_kind.PN_MEMORY_SESSION && Session.LargestBytes(tensor) is long needed && bytes < needed)
            {
                throw Errors.BindingTooSmall(Tensors.All[tensor], bytes, needed);
            }

            _buffers.Bind(tensor, kind, data, bytes, owner);
        });
    }

    private ShapeVariant Own(ShapeVariant variant)
    {
        ArgumentNullException.ThrowIfNull(variant);
        if (!ReferenceEquals(variant.Session, Session))
        {
            throw Errors.ForeignVariant(nameof(variant));
        }

        Errors.ThrowIfDisposed(variant.IsDisposed, variant);
        return variant;
    }

    private void* HostPointer(int tensor)
    {
        void* pointer = _buffers.Pointer(tensor);
        return pointer is not null ? pointer : throw Errors.BoundToDevice(Tensors.All[tensor]);
    }

    private int SpanLength(int tensor, long length) =>
        length is >= 0 and <= int.MaxValue ? (int)length : throw Errors.TensorTooLargeForSpan(Tensors.All[tensor]);

    private void Occupy()
    {
        while (Interlocked.CompareExchange(ref _state, InCall, Idle) != Idle)
        {
            ThrowIfNotIdle();
        }
    }

    private void Resume()
    {
        int was = Interlocked.CompareExchange(ref _state, InCall, Enqueued);
        if (was != Enqueued)
        {
            throw was == Idle ? Errors.NothingEnqueued(Index) : Errors.NotIdle(Session, Index, Describe(was));
        }
    }

    private void Vacate(int state) => Volatile.Write(ref _state, state);

    private void ThrowIfNotIdle()
    {
        if (Volatile.Read(ref _state) != Idle)
        {
            WaitForSetUp();
        }
    }

    /// <summary>Another thread preparing shapes for all slots is no misuse; anything else is.</summary>
    private void WaitForSetUp()
    {
        SpinWait wait = default;
        int state;
        while ((state = Volatile.Read(ref _state)) == InSetUp)
        {
            wait.SpinOnce();
        }

        if (state != Idle)
        {
            throw Errors.NotIdle(Session, Index, Describe(state));
        }
    }

    private static string? Describe(int state) => state switch
    {
        InCall => "is in use by another thread: one slot runs one inference at a time, so give each thread its own slot or use a SessionPool",
        Enqueued => "has work in flight: call Wait, or Poll until it is true",
        Async => "has a RunAsync in flight: await it",
        NotConsumed => "has a RunAsync that nobody has awaited: await it",
        _ => null,
    };

    private Timings ToTimings(in pn_timings native) => new()
    {
        HostToDeviceMs = native.h2d_ms,
        GpuComputeMs = native.compute_ms,
        DeviceToHostMs = native.d2h_ms,
        EnqueueMs = native.enqueue_ms,
        NativeWallMs = (native.done_ns - native.start_ns) / 1e6,
        // Not through a TimeSpan, whose ticks are longer than what the managed side adds on a fast machine.
        WallMs = (_readable - _started) * 1000.0 / Stopwatch.Frequency,
        UsedGraph = native.used_graph != 0,
        StartNanoseconds = native.start_ns,
        EnqueuedNanoseconds = native.enqueued_ns,
        DoneNanoseconds = native.done_ns,
    };
}
