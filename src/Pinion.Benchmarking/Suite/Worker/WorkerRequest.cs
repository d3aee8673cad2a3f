using System.Globalization;
using System.Text.Json.Serialization;

namespace Pinion.Benchmarking;

// What the suite asks of its worker, and what that answers: over standard input and a file where it is a process. One request a process.

/// <summary>Exactly one of the four is there.</summary>
internal sealed record WorkerRequest(
    string AnswerFile, ProbeRequest? Probe = null, BuildRequest? Build = null, ReferenceRequest? Reference = null, MeasureRequest? Measure = null);

/// <summary>Describes the machine, and finds out whether the shapes that were given fit the models.</summary>
internal sealed record ProbeRequest(bool MeasurePeak, IReadOnlyList<string> ModelFiles, IReadOnlyList<string> Shapes);

internal sealed record BuildRequest(
    string Model, IReadOnlyList<string> Shapes, IReadOnlyList<int> Batches, string Precision, string Plan, string TimingCache, int ProfileCopies);

/// <summary>Runs a plan once, plainly, and keeps its outputs as .npy files in a folder.</summary>
internal sealed record ReferenceRequest(string Plan, string Model, IReadOnlyList<string> Shapes, int Batch, ulong Seed, string Folder);

internal sealed record MeasureRequest(
    string Plan, string Model, IReadOnlyList<string> Shapes, int Batch, ulong Seed, double WarmUpMs, double DurationSeconds, int Iterations, int WarmUpRuns,
    IReadOnlyList<ModeRequest> Modes, string? ReferenceFolder, string ReferenceText);

/// <summary>SamplesFile is where the samples go, SamplesName how results.json calls it.</summary>
internal sealed record ModeRequest(string Name, bool Graph, int Sessions, string SamplesFile, string SamplesName);

/// <summary>Status is measured where all went well; Problem says what did not.</summary>
internal sealed record WorkerAnswer(
    CellStatus Status, string? Problem, ProbeAnswer? Probe = null, BuildAnswer? Build = null, MeasureAnswer? Measure = null)
{
    public static readonly WorkerAnswer NoTimeLeft = new(CellStatus.TimedOut, "there was no time left for it.");

    public static WorkerAnswer EndedAt(TimeSpan limit) =>
        new(CellStatus.TimedOut, string.Create(CultureInfo.InvariantCulture, $"it was ended at the limit of {limit.TotalSeconds:0.#} s."));
}

/// <summary>UnmatchedShapes are those that fit no model's input, ShapeProblem is the first model whose shapes are not all known.</summary>
internal sealed record ProbeAnswer(SuiteEnvironment Environment, string? ShapeProblem, IReadOnlyList<string> UnmatchedShapes);

internal sealed record BuildAnswer(double Seconds, long PlanBytes);

internal sealed record MeasureAnswer(
    IReadOnlyList<SuiteMode> Modes, SuiteMemory Memory, SuiteWaterfall? Waterfall, SuiteAccuracy? Accuracy, long InputBytes, long OutputBytes,
    IReadOnlyList<ModelInputShape> InputShapes, IReadOnlyList<string> Warnings);

internal sealed record ModelInputShape(string Name, TensorShape Shape);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(WorkerRequest))]
[JsonSerializable(typeof(WorkerAnswer))]
internal sealed partial class WorkerForms : JsonSerializerContext;
