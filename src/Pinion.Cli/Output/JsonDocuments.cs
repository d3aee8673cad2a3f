using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pinion.Cli;

// The forms that --json prints; docs/json.md describes every field. Adding a field is compatible, anything else is not.

internal sealed record VersionPair(string? Compiled, string? Loaded);

internal sealed record CudaVersions(string? Compiled, string? Runtime, string? Driver);

internal sealed record OnnxRuntimeFacts(string? Version, string? Path, string? Error);

internal sealed record DeviceFacts(
    int Index, string Name, string ComputeCapability, long TotalBytes, long? FreeBytes, int Multiprocessors, int ClockKHz, int MemoryClockKHz,
    int MemoryBusBits, long L2Bytes, string PciBusId);

internal sealed record SdkFacts(Sdk Sdk, bool CanRun, bool CanBuild, string? CannotRun, string? CannotBuild);

internal sealed record DoctorDocument(
    string Pinion, Sdk? Sdk, string? Library, VersionPair? Tensorrt, CudaVersions? Cuda, OnnxRuntimeFacts? Onnxruntime, bool? FastFp16,
    IReadOnlyList<DeviceFacts> Devices, IReadOnlyList<SdkFacts> Sdks, IReadOnlyList<string> Notes, string Dotnet, string Os,
    string Architecture);

internal sealed record TargetFacts(string Target, string ComputeCapability, string Architecture, IReadOnlyList<string> Gpus, IReadOnlyList<string> Precisions);

internal sealed record TargetsDocument(IReadOnlyList<TargetFacts> Targets, string? Tensorrt, string? CannotBuild);

internal sealed record TensorFacts(string Name, string Dtype, TensorShape Shape, IReadOnlyList<string?>? DimensionNames = null);

internal sealed record ShapeRangeFacts(TensorShape Min, TensorShape Opt, TensorShape Max);

internal sealed record ProfileMemory(long SessionBytes, IReadOnlyDictionary<string, long> Shapes);

internal sealed record MemoryFacts(long EngineBytes, IReadOnlyList<ProfileMemory> Profiles);

internal sealed record InspectDocument(
    string Kind, string Path, long SizeBytes, bool? Raw, string? Precision, string? Tensorrt, string? Device, string? ComputeCapability, IReadOnlyList<string>? Targets, Sdk? Sdk,
    string? Pinion, string? Model, string? ModelSha256, long? ScratchBytes, IReadOnlyList<TensorFacts> Inputs,
    IReadOnlyList<TensorFacts> Outputs, IReadOnlyList<Dictionary<string, ShapeRangeFacts>> Profiles, MemoryFacts? Memory, JsonElement? Layers, CountFacts? Counts, EngineVerification? Verification)
{
    /// <summary>What the model says of its images, in the form of Pinion.Vision's options.</summary>
    public JsonElement? Preprocessing { get; init; }

    public int? Labels { get; init; }
}

internal sealed record BuildDocument(
    string Model, string Plan, long SizeBytes, double BuildSeconds, long? PeakMemoryBytes, bool Raw, string Precision, Sdk Sdk, string Tensorrt, string? Device,
    IReadOnlyList<string>? Targets, IReadOnlyList<Dictionary<string, ShapeRangeFacts>> Profiles, IReadOnlyList<string> Notes, CacheFacts? Cache, EngineVerification? Verification);

internal sealed record VerifyDocument(string Plan, string Model, string Output, EngineVerification Verification);

internal sealed record RunInput(string Name, string Dtype, TensorShape Shape, string Source, string? File);

internal sealed record RunOutput(
    string Name, string Dtype, TensorShape Shape, string? File, long Elements, double? Min, double? Max, double? Mean, long NonFinite);

internal sealed record RunTimings(double LatencyMs, double H2dMs, double GpuComputeMs, double D2hMs, double EnqueueMs, double WallMs);

internal sealed record RunDocument(
    string Path, Sdk Sdk, string Tensorrt, string Device, string? Precision, ulong Seed, IReadOnlyList<RunInput> Inputs,
    IReadOnlyList<RunOutput> Outputs, RunTimings Timings, IReadOnlyList<string> Notes);

internal sealed record SampleFacts(int Batch, double LatencyMs, double H2dMs, double GpuComputeMs, double D2hMs, double EnqueueMs, double WallMs);

internal sealed record ServedModel(string Name, string Version, string Plan, int MaxBatch, IReadOnlyList<TensorFacts> Inputs, IReadOnlyList<TensorFacts> Outputs);

internal sealed record ServeDocument(
    string Url, Sdk Sdk, string Tensorrt, string Device, bool Keys, IReadOnlyList<ServedModel> Models, IReadOnlyList<string> Notes);

internal sealed record WeightsFacts(IReadOnlyList<string> Missing, IReadOnlyList<string> Extra, IReadOnlyList<string> Mismatched, string? Fits);

internal sealed record ErrorFacts(
    string Message, string? Status, string? Operation, string? BuiltWith, string? RunningOn, string? Log, int ExitCode, WeightsFacts? Weights = null);

internal sealed record ErrorDocument(ErrorFacts Error);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DoctorDocument))]
[JsonSerializable(typeof(InspectDocument))]
[JsonSerializable(typeof(BuildDocument))]
[JsonSerializable(typeof(TargetsDocument))]
[JsonSerializable(typeof(VerifyDocument))]
[JsonSerializable(typeof(RunDocument))]
[JsonSerializable(typeof(ServeDocument))]
[JsonSerializable(typeof(SampleFacts))]
[JsonSerializable(typeof(ZooListDocument))]
[JsonSerializable(typeof(ZooShowDocument))]
[JsonSerializable(typeof(ZooExportDocument))]
[JsonSerializable(typeof(ConvertDocument))]
[JsonSerializable(typeof(ExportTritonDocument))]
[JsonSerializable(typeof(ExportKserveDocument))]
[JsonSerializable(typeof(GpuCheckDocument))]
[JsonSerializable(typeof(GpuCheckAnswer))]
[JsonSerializable(typeof(DiffDocument))]
[JsonSerializable(typeof(ManifestDocument))]
[JsonSerializable(typeof(CacheListDocument))]
[JsonSerializable(typeof(CacheWhyDocument))]
[JsonSerializable(typeof(CachePruneDocument))]
[JsonSerializable(typeof(CacheVerifyDocument))]
[JsonSerializable(typeof(PreprocessDocument))]
[JsonSerializable(typeof(ErrorDocument))]
internal sealed partial class JsonForms : JsonSerializerContext;
