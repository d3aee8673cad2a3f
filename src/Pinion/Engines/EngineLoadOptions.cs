namespace Pinion;

/// <summary>How a plan is loaded.</summary>
public sealed record EngineLoadOptions
{
    /// <summary>The device to run on. Default: 0.</summary>
    public int Device { get; init; }

    /// <summary>TensorRT plugin libraries to load first. NVIDIA's own plugins are always there. Default: none.</summary>
    public IReadOnlyList<string> PluginLibraries { get; init; } = [];

    /// <summary>Whether a plan built <see cref="EngineBuildOptions.VersionCompatible"/> may run the code that it carries, TensorRT's lean runtime, in this process. Without it
    /// such a plan is refused. Allow it where you trust the plan's origin. Default: false.</summary>
    public bool AllowHostCode { get; init; }

    /// <summary>The file in which the kernels that TensorRT for RTX compiles on this device stay for later processes. Default: null,
    /// beside a plan file by its name and <c>.runtime-cache</c>, and none for a plan from memory; empty: none. Kernels of another release
    /// or GPU, a damaged file and one that cannot be written cost a warning and the time to compile again. Other SDKs compile nothing
    /// where they run, and refuse a path with <see cref="PinionStatus.Unsupported"/>.</summary>
    public string? RuntimeCachePath { get; init; }

    /// <summary>The verdict that an FP16 plan must have, see <see cref="PlanDescription.Verification"/>: <see cref="VerificationLevel.Device"/> wants one of the same
    /// TensorRT and compute capability as is running. FP32 plans need none. A plan without is refused with <see cref="PlanNotVerifiedException"/>. Default: none.</summary>
    public VerificationLevel RequireVerified { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Device);
        Errors.ThrowIfUndefined(RequireVerified, nameof(RequireVerified));
        Errors.ThrowIfAnyNull(PluginLibraries, nameof(PluginLibraries));
    }
}
