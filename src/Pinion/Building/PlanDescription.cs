using System.Collections.ObjectModel;

namespace Pinion;

/// <summary>What Pinion's header says of a plan. A raw plan, TensorRT's bytes alone, says nothing but its size.</summary>
public sealed record PlanDescription
{
    /// <summary>Whether the plan has no header of Pinion.</summary>
    public bool IsRaw { get; init; }

    /// <summary>Size of the plan in bytes.</summary>
    public long SizeBytes { get; init; }

    /// <summary>The Pinion that built it.</summary>
    public string? PinionVersion { get; init; }

    /// <summary>The TensorRT that built it.</summary>
    public Version? TensorRt { get; init; }

    /// <summary>The SDK that built it; null where the plan names none that this Pinion knows.</summary>
    public Sdk? Sdk { get; init; }

    /// <summary>The device that it was built on; null for a plan of the SDK <c>rtx</c>, which is built for targets.</summary>
    public string? DeviceName { get; init; }

    /// <summary>SM version of the device.</summary>
    public Version? ComputeCapability { get; init; }

    /// <summary>The compute capabilities that a plan of the SDK <c>rtx</c> was built for; none where they were left to NVIDIA, which takes SM 8.0, 8.6, 8.9, 12.0 and newer.</summary>
    public IReadOnlyList<Version> Targets { get; init; } = [];

    /// <summary>FP16 where it was asked for, or where the types of the model itself make a layer FP16.</summary>
    public Precision? Precision { get; init; }

    /// <summary>SHA-256 of the ONNX model, in hexadecimal.</summary>
    public string? ModelSha256 { get; init; }

    /// <summary>File name of the ONNX model.</summary>
    public string? ModelName { get; init; }

    /// <summary>Inputs, in the network's order.</summary>
    public IReadOnlyList<TensorInfo> Inputs { get; init; } = [];

    /// <summary>Outputs, in the network's order.</summary>
    public IReadOnlyList<TensorInfo> Outputs { get; init; } = [];

    /// <summary>The optimization profiles, in order.</summary>
    public IReadOnlyList<ProfileInfo> Profiles { get; init; } = [];

    /// <summary>Checksum of TensorRT's bytes in the plan, in hexadecimal; null of a raw plan.</summary>
    public string? Checksum { get; init; }

    /// <summary>What is kept with the plan, by key: what its model had under keys that begin with <c>pinion.</c>, and what <see cref="Plan.WithMetadata"/> added.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The verdict on an FP16 engine; null where there is none that is for this plan.</summary>
    public EngineVerification? Verification =>
        Metadata.TryGetValue(EngineVerification.MetadataKey, out string? json) && EngineVerification.Read(json) is { } verdict && verdict.Checksum == Checksum ? verdict : null;

    /// <summary>The native layer's own text, with all it knows.</summary>
    public string Json { get; init; } = "{}";
}
