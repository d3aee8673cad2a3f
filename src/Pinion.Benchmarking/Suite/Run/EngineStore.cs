using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pinion.Benchmarking;

/// <summary>An engine on disk, or why there is none.</summary>
internal sealed record StoredEngine(string Plan, SuiteBuild? Build, CellStatus Status, string? Problem);

/// <summary>
/// Engines and timing caches, named by a hash of everything that affects them, so that a name that exists is the right engine.
/// Beside each plan lies what its build cost.
/// </summary>
internal sealed class EngineStore(string folder, IWorker worker)
{
    /// <summary>The overlapped mode needs two copies of the profile before TensorRT 8.6.</summary>
    private const int ProfileCopies = 2;

    private readonly Dictionary<string, StoredEngine> _failed = [];

    /// <summary>Finds the engine or builds it. An engine that could not be built once is not tried again by this process.</summary>
    public StoredEngine Get(
        SuiteEnvironment environment, string slug, string modelFile, string modelSha256, string precision, IReadOnlyList<int> batches,
        IReadOnlyList<string> shapes, TimeSpan limit, CancellationToken token, params (string Name, string Value)[] variables)
    {
        string[] machine =
        [
            environment.Sdk.GetName(), environment.TensorRt, environment.Device, environment.ComputeCapability, environment.Cuda ?? "", environment.OnnxRuntime ?? "",
            environment.Pinion, environment.Commit,
        ];
        string key = Hash([modelSha256, precision, string.Join(',', batches), string.Join('\n', shapes), $"{ProfileCopies}", .. machine]);
        string plan = Path.Combine(folder, $"{slug}-{precision}-{key}.plan");
        string facts = Path.ChangeExtension(plan, ".json");
        if (_failed.TryGetValue(plan, out StoredEngine? failure))
        {
            return failure;
        }

        if (File.Exists(plan) && ReadFacts(facts) is { } known)
        {
            return new StoredEngine(plan, new SuiteBuild(known.Seconds, Reused: true, known.PlanBytes), CellStatus.Measured, null);
        }

        string cache = Path.Combine(folder, $"timing-{Hash(machine)}.cache");
        WorkerAnswer answer = worker.Run(
            new WorkerRequest("", Build: new BuildRequest(modelFile, shapes, batches, precision, plan, cache, ProfileCopies)), limit, token, variables);
        if (answer.Build is not { } built)
        {
            failure = new StoredEngine(plan, null, answer.Status, $"building the engine: {answer.Problem}");
            _failed.Add(plan, failure);
            return failure;
        }

        AtomicFile.Write(facts, 0, stream => stream.Write(JsonText.Bytes(built, SuiteForms.Default.BuildAnswer)));
        return new StoredEngine(plan, new SuiteBuild(built.Seconds, Reused: false, built.PlanBytes), CellStatus.Measured, null);
    }

    /// <summary>Deletes a model's engines; timing caches stay.</summary>
    public void Delete(string slug)
    {
        foreach (string file in Precisions.Names.SelectMany(p => Directory.EnumerateFiles(folder, $"{slug}-{p}-*")))
        {
            File.Delete(file);
        }
    }

    public static string Hash(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in parts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part));
            hash.AppendData([0]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static BuildAnswer? ReadFacts(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), SuiteForms.Default.BuildAnswer) : null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            // Without its facts the engine is built once more.
            return null;
        }
    }
}
