using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>How an FP16 engine is built and verified.</summary>
public sealed record VerifiedBuildOptions
{
    /// <summary>How the engine is built. Its <see cref="EngineBuildOptions.Precision"/> is not looked at; layers that <see cref="EngineBuildOptions.LayerPrecisions"/> names stay FP32.</summary>
    public EngineBuildOptions Engine { get; init; } = new();

    /// <summary>What is to be FP16 at all. Default: everything that can be.</summary>
    public Fp16Options Conversion { get; init; } = new();

    /// <summary>When the engine is good enough.</summary>
    public GuardLimits Limits { get; init; } = new();

    /// <summary>As <see cref="GuardOptions.MaxTrials"/>.</summary>
    public int MaxTrials { get; init; } = new GuardOptions().MaxTrials;

    /// <summary>Makes the samples, given the model's inputs. Default: null, <see cref="SeededSamples"/> of the first profile's opt shapes with its smallest batch.</summary>
    public Func<IReadOnlyList<TensorInfo>, GuardSamples>? Samples { get; init; }

    /// <summary>How many inputs are drawn where <see cref="Samples"/> gives none. Default: 4.</summary>
    public int SeededSamples { get; init; } = 4;

    /// <summary>A recipe to convert by instead of a search; it must be the model's. Default: null.</summary>
    public string? Recipe { get; init; }

    /// <summary>Where the recipe of a search is written. Default: null, nowhere; the plan's header has its nodes.</summary>
    public string? NewRecipe { get; init; }

    /// <summary>Whether anything is run and compared. Default: true. Without it the engine has no verdict.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Whether an FP32 engine is built as well and both are timed. Default: false.</summary>
    public bool Measure { get; init; }

    /// <summary>What builds the plan, for an SDK or a process of its own. Default: null, <see cref="EngineBuilder.Build(string, EngineBuildOptions?, IProgress{BuildProgress}?, CancellationToken)"/>.</summary>
    public Func<string, EngineBuildOptions, Plan>? Build { get; init; }

    /// <summary>The SDK of <see cref="Build"/>. Default: null, the one that <see cref="PinionRuntime"/> has loaded.</summary>
    public Sdk? BuilderSdk { get; init; }

    /// <summary>Gives what TensorRT has warned of since <see cref="Build"/> began. Default: null, nothing is known of it.</summary>
    public Func<IReadOnlyList<string>>? Warnings { get; init; }
}

/// <summary>What a verified build made. Owner of the plan: the caller, who disposes it.</summary>
/// <param name="Plan">The plan, with the verdict in its header unless it is a raw one.</param>
/// <param name="Verification">The verdict; null where nothing was to be verified.</param>
/// <param name="Conversion">What became FP16, and why the rest did not.</param>
/// <param name="Guard">What was measured on the model; null where a recipe said it, or nothing was to be verified.</param>
/// <param name="BuildSeconds">Time of the build alone.</param>
/// <param name="VerifySeconds">Time of everything that ran to compare.</param>
public sealed record VerifiedBuildResult(
    Plan Plan, EngineVerification? Verification, Fp16Report Conversion, GuardReport? Guard, double BuildSeconds, double VerifySeconds);
