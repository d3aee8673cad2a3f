using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pinion.Benchmarking;

// results.json; docs/suite.md describes every field. Times are milliseconds, sizes bytes, unless the name says otherwise.

/// <summary>A whole suite run, finished or not.</summary>
/// <param name="SchemaVersion"><see cref="CurrentSchemaVersion"/>.</param>
/// <param name="Id">Names the run: when it began, and four random digits.</param>
/// <param name="Started">When it began.</param>
/// <param name="Updated">When the last cell was added.</param>
/// <param name="Complete">Whether every cell is there.</param>
/// <param name="Protocol">How cells are measured.</param>
/// <param name="Environment">What they are measured on.</param>
/// <param name="Models">The models.</param>
/// <param name="Cells">Those that are done, in the order measured.</param>
public sealed record SuiteResults(
    int SchemaVersion, string Id, DateTimeOffset Started, DateTimeOffset Updated, bool Complete, SuiteProtocol Protocol, SuiteEnvironment Environment,
    IReadOnlyList<SuiteModel> Models, IReadOnlyList<SuiteCell> Cells)
{
    /// <summary>The version of the form that this library reads and writes.</summary>
    public const int CurrentSchemaVersion = 1;

    /// <summary>The file in a run's folder.</summary>
    public const string FileName = "results.json";

    /// <summary>The cells that a complete run has.</summary>
    [JsonIgnore]
    public int PlannedCells => Models.Count * Protocol.Precisions.Length * Protocol.Batches.Length;

    /// <summary>Reads the results of a run.</summary>
    /// <param name="path">The run's folder, or a results.json itself.</param>
    /// <exception cref="SuiteResultsException">There are none, they are damaged, or of another schema; they are left as they are.</exception>
    public static SuiteResults Load(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
        {
            throw new SuiteResultsException($"{path} has no {FileName}: it is no folder of a suite run.");
        }

        try
        {
            byte[] bytes = File.ReadAllBytes(file);
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("schemaVersion", out JsonElement version))
            {
                throw new SuiteResultsException($"{file} is no file of suite results: it has no schemaVersion.");
            }

            if (!version.TryGetInt32(out int number) || number != CurrentSchemaVersion)
            {
                throw new SuiteResultsException($"{file} is of schema version {version.GetRawText()}; this pinion reads {CurrentSchemaVersion}. Use the pinion that wrote it, or another folder.");
            }

            return JsonSerializer.Deserialize(bytes, SuiteForms.Default.SuiteResults)!;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new SuiteResultsException($"{file} is damaged and was left as it is: {e.Message.TrimEnd('.')}. Give another folder, or restore the file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SuiteResultsException($"{file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes <see cref="FileName"/> into a folder, whole or not at all.</summary>
    /// <param name="folder">It exists.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string folder)
    {
        byte[] bytes = ToJson();
        AtomicFile.Write(Path.Combine(folder, FileName), bytes.Length, stream => stream.Write(bytes));
    }

    /// <summary>The same run compared with something else; only reports show it.</summary>
    /// <param name="compare"><see cref="SuiteOptions.Compare"/>.</param>
    /// <exception cref="BenchmarkSettingException">It is neither of the published GPUs nor the folder of a run.</exception>
    public SuiteResults ComparedWith(string compare) => Comparison.Parse(compare).Of(this with { Protocol = Protocol with { Compare = compare } });

    /// <summary>The JSON document in UTF-8, indented, with a line end.</summary>
    public byte[] ToJson() => JsonText.Bytes(this, SuiteForms.Default.SuiteResults);
}

/// <summary>How the cells of a run are measured.</summary>
/// <param name="Name"><c>trtexec</c> or <c>paddleclas</c>.</param>
/// <param name="Quick">Whether in the short form.</param>
/// <param name="Batches">Batch sizes.</param>
/// <param name="Precisions"><c>fp32</c>, <c>fp16</c> or both.</param>
/// <param name="Compare"><see cref="SuiteOptions.Compare"/>.</param>
/// <param name="WarmUpMs">Milliseconds of warm-up; 0 with paddleclas.</param>
/// <param name="DurationSeconds">Seconds to measure at least; 0 with paddleclas.</param>
/// <param name="Iterations">Runs to count at least.</param>
/// <param name="Runs">All runs; paddleclas's, else null.</param>
/// <param name="DroppedRuns">Those of them that are dropped at the beginning; paddleclas's, else null.</param>
/// <param name="CellLimitSeconds">What a cell may take.</param>
/// <param name="Seed">Of the inputs and of weights that are made up.</param>
/// <param name="Shapes"><see cref="SuiteOptions.Shapes"/>.</param>
/// <param name="InProcess">Whether cells were measured in the process of the suite instead of processes of their own.</param>
/// <param name="Processes">How many processes measure a cell's first mode; 1 where cells are measured in the process of the suite.</param>
public sealed record SuiteProtocol(
    string Name, bool Quick, int[] Batches, string[] Precisions, string? Compare, double WarmUpMs, double DurationSeconds, int Iterations, int? Runs,
    int? DroppedRuns, double CellLimitSeconds, ulong Seed, IReadOnlyList<string>? Shapes = null, bool InProcess = false, int Processes = 1)
{
    internal const string TrtExec = "trtexec";

    internal const string PaddleClas = "paddleclas";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SuiteResults))]
[JsonSerializable(typeof(SuiteCell))]
[JsonSerializable(typeof(BuildAnswer))]
internal sealed partial class SuiteForms : JsonSerializerContext;
