using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>Build options in the native layer's form, and the bridge from its progress callback.</summary>
internal sealed unsafe class NativeBuildOptions : IDisposable
{
    private readonly NativeArena _arena = new();
    private readonly IProgress<BuildProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly GCHandle _self;
    private Exception? _thrown;

    internal NativeBuildOptions(EngineBuildOptions options, IProgress<BuildProgress>? progress, CancellationToken cancellation)
    {
        _progress = progress;
        _cancellation = cancellation;
        _self = GCHandle.Alloc(this);
        Pointer = _arena.Array<pn_build_options>(1);
        *Pointer = new pn_build_options
        {
            struct_size = (uint)sizeof(pn_build_options),
            device = options.Device,
            precision = (int)options.Precision,
            allow_tf32 = options.AllowTf32 ? 1 : 0,
            precision_constraints = (int)options.PrecisionConstraints,
            profiling_verbosity = (int)options.ProfilingVerbosity,
            optimization_level = options.OptimizationLevel is int level ? level + 1 : 0,
            hardware_compatibility = (int)options.HardwareCompatibility,
            version_compatible = options.VersionCompatible ? 1 : 0,
            strongly_typed = options.StronglyTyped ? 1 : 0,
            profile_copies = options.ProfileCopies,
            set_tactic_sources = options.TacticSources.HasValue ? 1 : 0,
            tactic_sources = (uint)(options.TacticSources ?? TacticSources.None),
            timing_iterations = options.TimingIterations ?? 0,
            raw = options.Raw ? 1 : 0,
            rename_dimensions = options.RenameDimensions ? 1 : 0,
            workspace_bytes = options.WorkspaceBytes,
            timing_cache_path = _arena.Text(options.TimingCachePath),
            plugin_library_count = options.PluginLibraries.Count,
            plugin_libraries = _arena.Texts(options.PluginLibraries),
            progress = &OnProgress,
            progress_user = (void*)GCHandle.ToIntPtr(_self),
        };
        AddRanges(options.Profiles);
        AddLayerPrecisions(options.LayerPrecisions);
        AddTargets(options.Targets);
    }

    internal pn_build_options* Pointer { get; }

    /// <summary>Throws what ended the build: the progress receiver's own exception, cancellation, or the native error.</summary>
    internal void Check(int status, pn_error* error, string? file = null)
    {
        if (status == 0)
        {
            return;
        }

        PinionException failure = Errors.Native(status, error);
        if (_thrown is not null)
        {
            throw BuildErrors.ProgressThrew(_thrown);
        }

        throw failure.Status == PinionStatus.Cancelled ? BuildErrors.BuildCancelled(failure, _cancellation) : Errors.About(file, failure);
    }

    public void Dispose()
    {
        _self.Free();
        _arena.Dispose();
    }

    private void AddRanges(IReadOnlyList<OptimizationProfile> profiles)
    {
        int count = profiles.Sum(p => p.Inputs.Count);
        pn_shape_range* ranges = _arena.Array<pn_shape_range>(count);
        Pointer->range_count = count;
        Pointer->ranges = ranges;
        for (int profile = 0; profile < profiles.Count; profile++)
        {
            foreach ((string tensor, ShapeRange shapes) in profiles[profile].Inputs)
            {
                ranges->tensor = _arena.Text(tensor);
                ranges->profile = profile;
                ranges->rank = shapes.Min.Rank;
                shapes.Min.Dims.CopyTo(new Span<long>(ranges->min, TensorShape.MaxRank));
                shapes.Opt.Dims.CopyTo(new Span<long>(ranges->opt, TensorShape.MaxRank));
                shapes.Max.Dims.CopyTo(new Span<long>(ranges->max, TensorShape.MaxRank));
                ranges++;
            }
        }
    }

    private void AddTargets(IReadOnlyList<GpuTarget> targets)
    {
        Pointer->target_count = targets.Count;
        Pointer->targets = _arena.Array<int>(targets.Count);
        for (int i = 0; i < targets.Count; i++)
        {
            Pointer->targets[i] = targets[i].Number;
        }
    }

    private void AddLayerPrecisions(IReadOnlyList<LayerPrecision> layers)
    {
        Pointer->layer_precision_count = layers.Count;
        Pointer->layer_precisions = _arena.Array<pn_layer_precision>(layers.Count);
        for (int i = 0; i < layers.Count; i++)
        {
            Pointer->layer_precisions[i].layer = _arena.Text(layers[i].Layer);
            Pointer->layer_precisions[i].precision = (int)layers[i].Precision;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnProgress(void* user, byte* phase, byte* parent, int step, int stepCount, double elapsedSeconds)
    {
        var self = (NativeBuildOptions)GCHandle.FromIntPtr((nint)user).Target!;
        Debug.Assert(self is not null);
        if (self._thrown is not null || self._cancellation.IsCancellationRequested)
        {
            return 1;
        }

        try
        {
            self._progress?.Report(new BuildProgress(
                Utf8Text.Read(phase), Utf8Text.ReadOrNull(parent), step, stepCount, TimeSpan.FromSeconds(elapsedSeconds)));
        }
        catch (Exception e)
        {
            self._thrown = e;
            return 1;
        }

        return self._cancellation.IsCancellationRequested ? 1 : 0;
    }
}
