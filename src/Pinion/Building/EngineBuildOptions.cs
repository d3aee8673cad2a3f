namespace Pinion;

/// <summary>How a plan is built. Every property has a default; what the TensorRT in use cannot do fails with
/// <see cref="PinionStatus.Unsupported"/>, it is never ignored.</summary>
public sealed record EngineBuildOptions
{
    /// <summary>The precision that layers may compute in. Default: <see cref="Precision.Fp32"/>.</summary>
    public Precision Precision { get; init; }

    /// <summary>Whether FP32 layers may round to TF32 on Ampere and later. Default: false, FP32 means FP32.</summary>
    public bool AllowTf32 { get; init; }

    /// <summary>Scratch memory that a layer may use, in bytes. Default: 0, TensorRT's own choice (1 GiB before 8.4).</summary>
    public long WorkspaceBytes { get; init; }

    /// <summary>How hard the builder searches, 0 to 5; TensorRT 8.6 and later. Default: null, TensorRT's own choice.</summary>
    public int? OptimizationLevel { get; init; }

    /// <summary>Runs that the builder averages over to time a tactic, 1 to 10,000. Default: null, TensorRT's own choice, 1; trtexec takes 8.</summary>
    public int? TimingIterations { get; init; }

    /// <summary>The optimization profiles. Every dynamic input needs a range in each. Default: none.</summary>
    public IReadOnlyList<OptimizationProfile> Profiles { get; init; } = [];

    /// <summary>What the engine can tell of its layers. Default: <see cref="ProfilingVerbosity.LayerNames"/>.</summary>
    public ProfilingVerbosity ProfilingVerbosity { get; init; }

    /// <summary>Libraries to take implementations from. Default: null, TensorRT's own choice.</summary>
    public TacticSources? TacticSources { get; init; }

    /// <summary>The GPUs that the plan is to run on. Default: <see cref="HardwareCompatibility.Same"/>.</summary>
    public HardwareCompatibility HardwareCompatibility { get; init; }

    /// <summary>The GPUs that the plan is for, with the SDK <c>rtx</c>, which needs none of them to build. Default: none named, which NVIDIA takes as SM 8.0,
    /// 8.6, 8.9, 12.0 and newer.</summary>
    public IReadOnlyList<GpuTarget> Targets { get; init; } = [];

    /// <summary>Whether later TensorRT versions of the same major version may load the plan; 8.6 and later. Default: false.</summary>
    public bool VersionCompatible { get; init; }

    /// <summary>Whether types follow the model alone, with no choice for the builder; TensorRT 10 and later. Default: false.</summary>
    public bool StronglyTyped { get; init; }

    /// <summary>Whether dimensions of one name in the model may have different sizes, which TensorRT refuses otherwise: their names are dropped. Default: false.</summary>
    public bool RenameDimensions { get; init; }

    /// <summary>Sessions per profile that can exist at once before TensorRT 8.6; later versions share. Default: 1.</summary>
    public int ProfileCopies { get; init; } = 1;

    /// <summary>A file of measured tactics: read if it exists, then merged and replaced; a lock file stays beside it.
    /// Default: null, none.</summary>
    public string? TimingCachePath { get; init; }

    /// <summary>How binding <see cref="LayerPrecisions"/> are, which want one of the other two. Default: <see cref="PrecisionConstraints.None"/>.</summary>
    public PrecisionConstraints PrecisionConstraints { get; init; }

    /// <summary>Precisions of single layers; of several that match a layer the last holds. Default: none.</summary>
    public IReadOnlyList<LayerPrecision> LayerPrecisions { get; init; } = [];

    /// <summary>TensorRT plugin libraries to load first. NVIDIA's own plugins are always there. Default: none.</summary>
    public IReadOnlyList<string> PluginLibraries { get; init; } = [];

    /// <summary>Whether to write TensorRT's bytes alone, as trtexec does, without Pinion's header. Default: false.</summary>
    public bool Raw { get; init; }

    /// <summary>The device to build on and for. Default: 0.</summary>
    public int Device { get; init; }

    /// <summary>Everything that is wrong with the options by themselves; a build throws the first.</summary>
    public IReadOnlyList<ArgumentException> FindProblems()
    {
        var problems = new List<ArgumentException>();
        foreach (Action check in (ReadOnlySpan<Action>)
            [
                () => Errors.ThrowIfUndefined(Precision),
                () => Errors.ThrowIfUndefined(ProfilingVerbosity),
                () => Errors.ThrowIfUndefined(HardwareCompatibility),
                () => Errors.ThrowIfUndefined(PrecisionConstraints),
                () => ArgumentOutOfRangeException.ThrowIfNegative(WorkspaceBytes),
                () => ArgumentOutOfRangeException.ThrowIfNegative(Device),
                () => ArgumentOutOfRangeException.ThrowIfLessThan(ProfileCopies, 1),
                CheckSearch,
                () => Errors.ThrowIfAnyNull(Profiles, nameof(Profiles)),
                () => Errors.ThrowIfAnyNull(LayerPrecisions, nameof(LayerPrecisions)),
                () => Errors.ThrowIfAnyNull(PluginLibraries, nameof(PluginLibraries)),
                () => Errors.ThrowIfAnyNull(Targets, nameof(Targets)),
                CheckConstraints,
            ])
        {
            try
            {
                check();
            }
            catch (ArgumentException e)
            {
                problems.Add(e);
            }
        }

        return problems;
    }

    internal void Validate()
    {
        if (FindProblems() is [var first, ..])
        {
            throw first;
        }
    }

    private void CheckSearch()
    {
        if (TimingIterations is < 1 or > 10_000)
        {
            throw BuildErrors.TimingIterationsOutOfRange(TimingIterations.Value);
        }

        if (OptimizationLevel is < 0 or > 5)
        {
            throw BuildErrors.OptimizationLevelOutOfRange(OptimizationLevel.Value);
        }
    }

    private void CheckConstraints()
    {
        if (LayerPrecisions is { Count: > 0 } && PrecisionConstraints == PrecisionConstraints.None)
        {
            throw BuildErrors.LayerPrecisionsWithoutConstraints();
        }
    }
}
