namespace Pinion;

/// <summary>
/// A loaded plan: what it takes and gives, and the source of sessions. Owner: the caller, who disposes it; sessions stay
/// usable after that. Threads: any.
/// </summary>
public sealed unsafe class Engine : IDisposable
{
    private readonly EngineHandle _handle;
    private volatile bool _disposed;

    private Engine(EngineHandle handle)
    {
        _handle = handle;
        try
        {
            using HandleLease<pn_engine> lease = handle.Lease();
            Metadata = new EngineTensors(lease.Pointer);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>All tensors, inputs first, each in the network's order.</summary>
    public IReadOnlyList<TensorInfo> Tensors => Metadata.All;

    /// <summary>The inputs in the network's order.</summary>
    public IReadOnlyList<TensorInfo> Inputs => Metadata.Inputs;

    /// <summary>The outputs in the network's order.</summary>
    public IReadOnlyList<TensorInfo> Outputs => Metadata.Outputs;

    /// <summary>The optimization profiles.</summary>
    public IReadOnlyList<ProfileInfo> Profiles => Metadata.Profiles;

    /// <summary>Scratch memory that a session needs on the device, for the profile that needs most, in bytes. What else a session takes, <see cref="Session.DeviceBytes"/>
    /// tells; weights are beside it.</summary>
    public long ScratchBytes
    {
        get
        {
            using HandleLease<pn_engine> lease = Lease();
            long bytes;
            pn_error* error = null;
            Errors.Check(pn_engine_scratch_bytes(lease.Pointer, &bytes, &error), error);
            return bytes;
        }
    }

    /// <summary>What the plan's header says.</summary>
    public PlanDescription Description
    {
        get
        {
            using HandleLease<pn_engine> lease = Lease();
            pn_blob* json;
            pn_error* error = null;
            Errors.Check(pn_engine_describe(lease.Pointer, &json, &error), error);
            using var blob = new BlobHandle(json);
            return DescriptionReader.ReadPlan(blob.ReadText());
        }
    }

    internal EngineTensors Metadata { get; }

    /// <summary>Loads a plan file. It is verified before TensorRT sees a byte of it; a raw plan has nothing to verify. A plan
    /// built <see cref="EngineBuildOptions.VersionCompatible"/> carries code of its own, which <see cref="EngineLoadOptions.AllowHostCode"/> must allow.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="PlanMismatchException">Another TensorRT version, GPU or SDK built it.</exception>
    /// <exception cref="PlanNotVerifiedException">It has not the verdict that <see cref="EngineLoadOptions.RequireVerified"/> asks for.</exception>
    /// <exception cref="PinionException">The file cannot be read, is no plan or is damaged, or TensorRT refuses it.</exception>
    public static Engine Load(string path, EngineLoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var arena = new NativeArena();
        pn_engine_options native = Start(options, arena);
        pn_engine* engine;
        pn_error* error = null;
        Errors.CheckFile(pn_engine_load_file(arena.Text(path), &native, &engine, &error), error, path);
        return Verified(new Engine(new EngineHandle(engine)), options);
    }

    /// <summary>Loads a plan from a stream, from where it stands to its end. It stays open. Takes the plan's size of memory during the call.</summary>
    /// <exception cref="PlanMismatchException">Another TensorRT version, GPU or SDK built it.</exception>
    /// <exception cref="PinionException">The bytes are no plan or damaged, or TensorRT refuses them.</exception>
    public static Engine Load(Stream plan, EngineLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        using var bytes = NativeBytes.ReadToEnd(plan);
        return Load(bytes.Pointer, bytes.Length, options);
    }

    /// <summary>Loads a plan file on a thread of its own; no pool thread is blocked meanwhile.</summary>
    /// <param name="path">The plan's file.</param>
    /// <param name="options">How to load it.</param>
    /// <param name="cancellationToken">TensorRT cannot be interrupted: an engine that is loaded after the cancellation is freed again.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <inheritdoc cref="Load(string, EngineLoadOptions?)"/>
    public static Task<Engine> LoadAsync(string path, EngineLoadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return LoadAsync(() => Load(path, options), options, cancellationToken);
    }

    /// <summary>Reads and loads a plan on a thread of its own; no pool thread is blocked meanwhile. The stream is not the caller's until the task is over.</summary>
    /// <param name="plan">Read from where it stands to its end. It stays open.</param>
    /// <param name="options">How to load it.</param>
    /// <param name="cancellationToken">TensorRT cannot be interrupted: an engine that is loaded after the cancellation is freed again.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <inheritdoc cref="Load(Stream, EngineLoadOptions?)"/>
    public static Task<Engine> LoadAsync(Stream plan, EngineLoadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return LoadAsync(() => Load(plan, options), options, cancellationToken);
    }

    /// <summary>Loads a plan from memory. The bytes are not needed after the call.</summary>
    /// <exception cref="PlanMismatchException">Another TensorRT version, GPU or SDK built it.</exception>
    /// <exception cref="PinionException">The bytes are no plan or damaged, or TensorRT refuses them.</exception>
    public static Engine Load(ReadOnlySpan<byte> plan, EngineLoadOptions? options = null)
    {
        // An empty span has no address, but it is no bad argument: it is no plan.
        byte nothing = 0;
        fixed (byte* bytes = plan)
        {
            return Load(plan.IsEmpty ? &nothing : bytes, (ulong)plan.Length, options);
        }
    }

    /// <summary>Loads a plan just built. It may be disposed after the call.</summary>
    /// <inheritdoc cref="Load(ReadOnlySpan{byte}, EngineLoadOptions?)"/>
    public static Engine Load(Plan plan, EngineLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        using HandleLease<pn_blob> lease = plan.Lease();
        return Load(pn_blob_data(lease.Pointer), pn_blob_size(lease.Pointer), options);
    }

    /// <summary>The layers as TensorRT's engine inspector writes them, as JSON.</summary>
    /// <exception cref="PinionException">TensorRT before 8.2 has no inspector.</exception>
    public string GetLayersJson()
    {
        using HandleLease<pn_engine> lease = Lease();
        pn_blob* json;
        pn_error* error = null;
        Errors.Check(pn_engine_layers(lease.Pointer, &json, &error), error);
        using var blob = new BlobHandle(json);
        return blob.ReadText();
    }

    /// <summary>Makes a session: contexts, a stream and buffers for the profile's largest shapes, and the warm variants.</summary>
    /// <exception cref="ArgumentException">An option does not fit this engine.</exception>
    /// <exception cref="PinionException">Memory is exhausted, or TensorRT refuses.</exception>
    public Session CreateSession(SessionOptions? options = null)
    {
        options ??= new SessionOptions();
        options.Validate(Metadata);
        using HandleLease<pn_engine> lease = Lease();
        pn_session_options native = options.ToNative();
        pn_session* session;
        pn_error* error = null;
        Errors.Check(pn_session_create(lease.Pointer, &native, &session, &error), error);
        return new Session(new SessionHandle(session, _handle), Metadata, options);
    }

    /// <summary>Makes a pool of sessions, for many concurrent callers.</summary>
    /// <param name="size">The number of inferences that run at once.</param>
    /// <param name="options">For every session.</param>
    public SessionPool CreatePool(int size, SessionOptions? options = null) => new(this, size, options);

    /// <summary>Frees the engine once no session needs it any more.</summary>
    public void Dispose()
    {
        // Sessions hold the handle open, so it cannot tell.
        _disposed = true;
        _handle.Dispose();
    }

    private static Engine Load(void* plan, ulong bytes, EngineLoadOptions? options)
    {
        using var arena = new NativeArena();
        pn_engine_options native = Start(options, arena);
        pn_engine* engine;
        pn_error* error = null;
        Errors.Check(pn_engine_load_memory(plan, bytes, &native, &engine, &error), error);
        return Verified(new Engine(new EngineHandle(engine)), options);
    }

    private static Engine Verified(Engine engine, EngineLoadOptions? options)
    {
        if (options is not { RequireVerified: not VerificationLevel.None and var required })
        {
            return engine;
        }

        try
        {
            VerificationCheck.Check(engine.Description, required);
            return engine;
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    private static Task<Engine> LoadAsync(Func<Engine> load, EngineLoadOptions? options, CancellationToken cancellation)
    {
        options?.Validate();
        return OwnThread.Run(
            "Pinion load",
            () =>
            {
                cancellation.ThrowIfCancellationRequested();
                Engine engine = load();
                if (cancellation.IsCancellationRequested)
                {
                    engine.Dispose();
                    throw new OperationCanceledException(cancellation);
                }

                return engine;
            },
            cancellation);
    }

    private static pn_engine_options Start(EngineLoadOptions? options, NativeArena arena)
    {
        options ??= new EngineLoadOptions();
        options.Validate();
        PinionRuntime.EnsureLoaded();
        return new pn_engine_options
        {
            struct_size = (uint)sizeof(pn_engine_options),
            device = options.Device,
            plugin_library_count = options.PluginLibraries.Count,
            allow_host_code = options.AllowHostCode ? 1 : 0,
            plugin_libraries = arena.Texts(options.PluginLibraries),
            runtime_cache_path = arena.Text(options.RuntimeCachePath),
        };
    }

    private HandleLease<pn_engine> Lease()
    {
        Errors.ThrowIfDisposed(_disposed, this);
        return _handle.Lease();
    }
}
