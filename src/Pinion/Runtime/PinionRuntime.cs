using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>
/// The native library behind everything: which one is in use, why not another, its devices and its log.
/// It is loaded at first use: <c>nvidia</c>, <c>rtx</c>, <c>cuda</c> or <c>host</c>, the first that runs engines here; the environment variable
/// <c>PINION_SDK</c> or <see cref="Use"/> forces one, also one that builds only, <c>PINION_NATIVE_DIR</c> names a folder to look in first. Threads: any.
/// </summary>
public static unsafe class PinionRuntime
{
    private static readonly Lock LogGate = new();
    private static LogTarget? _log;
    private static volatile int _maxSeverity = (int)LogSeverity.Warning;

    /// <summary>Whether a native library loads and works here.</summary>
    public static bool IsSupported => NativeLoader.Load().IsLoaded;

    /// <summary>Why none does, every attempt listed; null if one does.</summary>
    public static string? UnsupportedReason => NativeLoader.Load() is { IsLoaded: false } result ? result.FailureMessage() : null;

    /// <summary>What the GC is told of at the moment.</summary>
    internal static long MemoryPressureBytes => MemoryPressure.TotalBytes;

    /// <summary>The library in use and its versions.</summary>
    /// <exception cref="PinionLoadException">No native library works here.</exception>
    public static RuntimeInfo Info
    {
        get
        {
            NativeLoadResult library = EnsureLoaded();
            pn_runtime_info info = new() { struct_size = (uint)sizeof(pn_runtime_info) };
            pn_error* error = null;
            Errors.Check(pn_runtime_get_info(&info, &error), error);
            return new RuntimeInfo(
                SdkNamed(library.Sdk!),
                Versions.FromTensorRt(info.tensorrt_compiled),
                Versions.FromTensorRt(info.tensorrt_loaded),
                Versions.FromCuda(info.cuda_compiled),
                Versions.FromCuda(info.cuda_runtime),
                Versions.FromCuda(info.cuda_driver),
                info.fast_fp16 != 0,
                Utf8Text.ReadOrNull(info.onnxruntime_version),
                Utf8Text.ReadOrNull(info.onnxruntime_path),
                Utf8Text.ReadOrNull(info.onnxruntime_error),
                Utf8Text.Read(info.pinion_version),
                library.LibraryPath!,
                info.host_threads > 0 ? info.host_threads : null,
                info.tensorrt_build >= 0 ? info.tensorrt_build : null);
        }
    }

    /// <summary>Why engines cannot be built here with the SDK in use; null if they can.</summary>
    /// <exception cref="PinionLoadException">No native library works here.</exception>
    public static string? CannotBuild => Problem(pn_purpose.PN_PURPOSE_BUILD);

    /// <summary>Why engines cannot run here with the SDK in use, which was forced then; null if they can.</summary>
    /// <exception cref="PinionLoadException">No native library works here.</exception>
    public static string? CannotRun => Problem(pn_purpose.PN_PURPOSE_RUN);

    /// <summary>The SDKs that were tried before the one in use, or all of them if none works, with their reasons.</summary>
    public static IReadOnlyList<UnavailableSdk> Unavailable => ToUnavailable(NativeLoader.Load().Attempts);

    /// <summary>
    /// Asks for an SDK before anything else of Pinion is used, as the environment variable <c>PINION_SDK</c> does, which goes before. One that can
    /// build but not run engines here is taken too.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another SDK is in use already.</exception>
    public static void Use(Sdk sdk)
    {
        Errors.ThrowIfUndefined(sdk);
        if (!NativeLoader.Ask(sdk.GetName()))
        {
            throw new InvalidOperationException($"The SDK {NativeLoader.Load().Sdk} is in use already, and a process has one: call Use({sdk}) before anything else of Pinion.");
        }
    }

    /// <summary>Tries every SDK, also those that are not in use, and says what it can do here. For diagnosis: it loads all that load.</summary>
    public static IReadOnlyList<SdkStatus> ProbeAll() =>
        [.. NativeLoader.TryAll().Select(a => new SdkStatus(SdkNamed(a.Sdk), NullIfEmpty(a.RunProblem), NullIfEmpty(a.BuildProblem ?? a.RunProblem)))];

    /// <summary>How many GPUs NVIDIA's driver has here for this process, whether or not an SDK runs on them; 0 without a driver, or where it fails. Loads no
    /// library of Pinion's and makes no context.</summary>
    public static int CountGpus() => NvidiaDriver.CountDevices();

    /// <summary>The devices; with the SDK <c>host</c> one that stands for the CPU. Makes no context on any of them.</summary>
    /// <exception cref="PinionException">The CUDA runtime failed.</exception>
    public static IReadOnlyList<DeviceInfo> GetDevices()
    {
        EnsureLoaded();
        int count;
        pn_error* error = null;
        Errors.Check(pn_device_count(&count, &error), error);
        var devices = new DeviceInfo[count];
        for (int i = 0; i < count; i++)
        {
            pn_device_info info = new() { struct_size = (uint)sizeof(pn_device_info) };
            Errors.Check(pn_device_get_info(i, &info, &error), error);
            devices[i] = new DeviceInfo(
                info.index, Utf8Text.Read(info.name), new Version(info.sm_major, info.sm_minor), info.total_bytes,
                info.multiprocessors, info.clock_khz, info.memory_clock_khz, info.memory_bus_bits, info.l2_bytes, Utf8Text.Read(info.pci_bus_id));
        }

        return devices;
    }

    /// <summary>How much of a device's memory is free now, in bytes. Makes a context there, which takes some itself and fails where another process has the
    /// device to itself.</summary>
    /// <param name="device">Its number.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    /// <exception cref="PinionException">The CUDA runtime failed.</exception>
    public static long GetFreeBytes(int device = 0)
    {
        EnsureLoaded();
        long free;
        long total;
        pn_error* error = null;
        Errors.Check(pn_device_get_memory(device, &free, &total, &error), error);
        return free;
    }

    /// <summary>
    /// Sends the log of Pinion and TensorRT to a callback; null sends warnings and worse to stderr, as at the start.
    /// When it returns, the former callback is not running and will not run again.
    /// </summary>
    /// <param name="callback">Called from any thread, also from TensorRT's. One call at a time. It must not call Pinion. What it throws is dropped.</param>
    /// <param name="maxSeverity">The least severe kind to be sent.</param>
    public static void SetLog(Action<LogSeverity, string>? callback, LogSeverity maxSeverity = LogSeverity.Warning)
    {
        Errors.ThrowIfUndefined(maxSeverity);
        EnsureLoaded();
        lock (LogGate)
        {
            LogTarget? target = callback is null ? null : new LogTarget(callback);
            pn_error* error = null;
            int status = target is null
                ? pn_log_set_callback(null, null, (int)maxSeverity, &error)
                : pn_log_set_callback(&OnLog, (void*)GCHandle.ToIntPtr(target.Handle), (int)maxSeverity, &error);
            if (status != 0)
            {
                target?.Handle.Free();
                throw Errors.Native(status, error);
            }

            _log?.Handle.Free();
            _log = target;
            _maxSeverity = (int)maxSeverity;
        }
    }

    /// <summary>Loads a TensorRT plugin library for this process.</summary>
    /// <exception cref="PinionException">It does not load, or this SDK has no plugins.</exception>
    public static void LoadPlugins(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        EnsureLoaded();
        using var text = new Utf8Text(path);
        pn_error* error = null;
        Errors.Check(pn_runtime_load_plugins(text.Pointer, &error), error);
    }

    private static string? Problem(pn_purpose purpose)
    {
        EnsureLoaded();
        pn_error* error = null;
        int status = pn_runtime_probe((int)purpose, &error);
        return status == 0 ? null : Errors.Native(status, error).Message;
    }

    private static PinionLoadException NotLoaded(NativeLoadResult result) => new(result.FailureMessage(), ToUnavailable(result.Attempts));

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static Sdk SdkNamed(string name) => EnumNames.Parse<Sdk>(name)!.Value;

    /// <summary>The least severe kind of line that anybody wants.</summary>
    internal static LogSeverity MaxSeverity => (LogSeverity)_maxSeverity;

    /// <summary>Adds a line of another process to the log.</summary>
    internal static void WriteLog(LogSeverity severity, string message)
    {
        using var text = new Utf8Text(message);
        // A line that cannot be written has nobody to tell it to.
        _ = pn_log_write((int)severity, text.Pointer, null);
    }

    /// <summary>As <see cref="EnsureLoaded()"/>; where no SDK runs engines here, that one is taken which only builds them.</summary>
    internal static NativeLoadResult EnsureLoaded(Sdk? builder)
    {
        if (builder is { } sdk && !NativeLoader.Load().IsLoaded)
        {
            NativeLoader.Ask(sdk.GetName());
        }

        return EnsureLoaded();
    }

    internal static NativeLoadResult EnsureLoaded() =>
        NativeLoader.Load() is { IsLoaded: true } library ? library : throw NotLoaded(NativeLoader.Load());

    internal static IReadOnlyList<UnavailableSdk> ToUnavailable(IReadOnlyList<NativeLoadAttempt> attempts) =>
        [.. attempts.Where(a => a.Outcome != NativeLoadOutcome.Usable).Select(a => new UnavailableSdk(SdkNamed(a.Sdk), a.RunProblem))];

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(void* user, int severity, byte* message)
    {
        // An exception must not reach native frames, and a log has nowhere to report its own.
        try
        {
            ((LogTarget)GCHandle.FromIntPtr((nint)user).Target!).Callback((LogSeverity)severity, Utf8Text.Read(message));
        }
        catch (Exception)
        {
        }
    }

    private sealed class LogTarget
    {
        internal LogTarget(Action<LogSeverity, string> callback)
        {
            Callback = callback;
            Handle = GCHandle.Alloc(this);
        }

        internal Action<LogSeverity, string> Callback { get; }

        internal GCHandle Handle { get; }
    }
}
