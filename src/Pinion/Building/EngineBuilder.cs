namespace Pinion;

/// <summary>
/// Builds plans from ONNX models. A build takes seconds to minutes and the whole device: one at a time is advisable.
/// Threads: any.
/// </summary>
public static unsafe class EngineBuilder
{
    /// <summary>Builds a plan from an ONNX file on the calling thread. External data is found beside the file.</summary>
    /// <param name="onnxPath">The model.</param>
    /// <param name="options">How to build; null takes every default.</param>
    /// <param name="progress">Called on the building thread or one of TensorRT's, one call at a time. What it throws ends the build.</param>
    /// <param name="cancellationToken">Ends the build where TensorRT allows it: at every step from version 10 on, between
    /// phases before.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="PinionException">The model was not understood, or there is no engine for it: see
    /// <see cref="PinionException.Status"/>.</exception>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static Plan Build(string onnxPath, EngineBuildOptions? options = null, IProgress<BuildProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(onnxPath);
        using NativeBuildOptions native = Start(options, progress, cancellationToken);
        using var path = new Utf8Text(onnxPath);
        pn_blob* plan;
        pn_error* error = null;
        native.Check(pn_plan_build_file(path.Pointer, native.Pointer, &plan, &error), error, onnxPath);
        return new Plan(new BlobHandle(plan));
    }

    /// <summary>Builds a plan from an ONNX model in memory on the calling thread.</summary>
    /// <param name="onnx">The model's bytes.</param>
    /// <param name="options">How to build; null takes every default.</param>
    /// <param name="modelPath">The file that the bytes come from, to find external data beside it; null if there is none.</param>
    /// <param name="progress">Called on the building thread or one of TensorRT's, one call at a time. What it throws ends the build.</param>
    /// <param name="cancellationToken">Ends the build where TensorRT allows it.</param>
    /// <exception cref="PinionException">The model was not understood, or there is no engine for it.</exception>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static Plan Build(ReadOnlySpan<byte> onnx, EngineBuildOptions? options = null, string? modelPath = null,
        IProgress<BuildProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using NativeBuildOptions native = Start(options, progress, cancellationToken);
        using var path = new Utf8Text(modelPath);
        pn_blob* plan;
        pn_error* error = null;
        byte nothing = 0;
        fixed (byte* bytes = onnx)
        {
            native.Check(pn_plan_build_memory(onnx.IsEmpty ? &nothing : bytes, (ulong)onnx.Length, path.Pointer, native.Pointer, &plan, &error), error);
        }

        return new Plan(new BlobHandle(plan));
    }

    /// <summary>Builds a plan from an ONNX file on a thread of its own; no pool thread is blocked meanwhile.</summary>
    /// <inheritdoc cref="Build(string, EngineBuildOptions?, IProgress{BuildProgress}?, CancellationToken)"/>
    public static Task<Plan> BuildAsync(string onnxPath, EngineBuildOptions? options = null, IProgress<BuildProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(onnxPath);
        options?.Validate();
        return OwnThread.Run("Pinion build", () => Build(onnxPath, options, progress, cancellationToken), cancellationToken);
    }

    /// <summary>Builds a plan from an ONNX model in memory on a thread of its own; no pool thread is blocked meanwhile.</summary>
    /// <inheritdoc cref="Build(ReadOnlySpan{byte}, EngineBuildOptions?, string?, IProgress{BuildProgress}?, CancellationToken)"/>
    public static Task<Plan> BuildAsync(ReadOnlyMemory<byte> onnx, EngineBuildOptions? options = null, string? modelPath = null,
        IProgress<BuildProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options?.Validate();
        return OwnThread.Run("Pinion build", () => Build(onnx.Span, options, modelPath, progress, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Builds a plan from an ONNX file in a process of its own, which a parser that crashes, hangs or takes all memory does not outlive, and this one does.
    /// That process is the program <c>pinion-builder</c> beside the native library. A build costs its start, and the plan is the only memory that it takes here.
    /// Log lines go to the log of <see cref="PinionRuntime.SetLog"/>.
    /// </summary>
    /// <param name="onnxPath">The model. External data is found beside it.</param>
    /// <param name="options">How to build; null takes every default.</param>
    /// <param name="isolation">The SDK to build with, and limits; null takes every default.</param>
    /// <param name="progress">Called on the thread that waits for the build, one call at a time. What it throws ends the build.</param>
    /// <param name="cancellationToken">Ends the build at once.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="PinionException">The model was not understood, or there is no engine for it; or <see cref="PinionStatus.Crashed"/>, <see cref="PinionStatus.Killed"/>,
    /// <see cref="PinionStatus.TimeLimit"/>, <see cref="PinionStatus.MemoryLimit"/>; or <see cref="PinionStatus.NotFound"/> where the program or the SDK's library is missing.</exception>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static Task<IsolatedBuild> BuildIsolatedAsync(string onnxPath, EngineBuildOptions? options = null, IsolationOptions? isolation = null,
        IProgress<BuildProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(onnxPath);
        return BuildIsolated(new BuilderRequest(onnxPath, null, options ?? new EngineBuildOptions()), isolation, progress, cancellationToken);
    }

    /// <summary>Builds a plan from an ONNX model in memory in a process of its own.</summary>
    /// <param name="onnx">The model's bytes, which must not change before the build has ended.</param>
    /// <param name="options">How to build; null takes every default.</param>
    /// <param name="isolation">The SDK to build with, and limits; null takes every default.</param>
    /// <param name="modelPath">The file that the bytes come from, to find external data beside it; null if there is none.</param>
    /// <param name="progress">Called on the thread that waits for the build, one call at a time. What it throws ends the build.</param>
    /// <param name="cancellationToken">Ends the build at once.</param>
    /// <inheritdoc cref="BuildIsolatedAsync(string, EngineBuildOptions?, IsolationOptions?, IProgress{BuildProgress}?, CancellationToken)"/>
    public static Task<IsolatedBuild> BuildIsolatedAsync(ReadOnlyMemory<byte> onnx, EngineBuildOptions? options = null, IsolationOptions? isolation = null,
        string? modelPath = null, IProgress<BuildProgress>? progress = null, CancellationToken cancellationToken = default) =>
        BuildIsolated(new BuilderRequest(modelPath, onnx, options ?? new EngineBuildOptions()), isolation, progress, cancellationToken);

    /// <summary>The inputs and outputs of an ONNX file as TensorRT's parser sees them. Needs no build.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="PinionException">The model was not understood.</exception>
    public static ModelDescription DescribeModel(string onnxPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(onnxPath);
        PinionRuntime.EnsureLoaded();
        using var path = new Utf8Text(onnxPath);
        pn_blob* json;
        pn_error* error = null;
        Errors.CheckFile(pn_model_describe_file(path.Pointer, &json, &error), error, onnxPath);
        using var blob = new BlobHandle(json);
        return DescriptionReader.ReadModel(blob.ReadText());
    }

    private static Task<IsolatedBuild> BuildIsolated(BuilderRequest request, IsolationOptions? isolation, IProgress<BuildProgress>? progress, CancellationToken cancellation)
    {
        request.Options.Validate();
        isolation ??= new IsolationOptions();
        isolation.Validate();
        // One thread for all of it: Linux ends the process when the thread that started it is gone.
        return OwnThread.Run("Pinion build", () =>
        {
            cancellation.ThrowIfCancellationRequested();
            var files = BuilderFiles.Find(isolation.Sdk?.GetName(), PinionRuntime.EnsureLoaded(isolation.Sdk));
            using var process = BuilderProcess.Start(files);
            using var build = new BuilderRun(process, request, isolation, progress, cancellation);
            return build.Run();
        }, cancellation);
    }

    private static NativeBuildOptions Start(EngineBuildOptions? options, IProgress<BuildProgress>? progress, CancellationToken cancellation)
    {
        options ??= new EngineBuildOptions();
        options.Validate();
        cancellation.ThrowIfCancellationRequested();
        PinionRuntime.EnsureLoaded();
        return new NativeBuildOptions(options, progress, cancellation);
    }
}
