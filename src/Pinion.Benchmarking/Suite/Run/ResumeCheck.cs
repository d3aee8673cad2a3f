namespace Pinion.Cli.Suite.Run;

/// <summary>Whether a run may be continued: what would make its cells differ from those it has must be the same.</summary>
internal static class ResumeCheck
{
    /// <summary>The settings of the run; those given on the command line must not differ, but for the limit, which no figure depends on.</summary>
    /// <exception cref="WorkException">Something differs; the message lists it.</exception>
    public static SuiteProtocol Protocol(SuiteResults run, SuiteSettings given, IReadOnlyList<string>? models)
    {
        SuiteProtocol was = run.Protocol;
        var differences = new List<string>();
        Compare(differences, "--protocol", was.Name, given.Protocol);
        Compare(differences, "--quick", Text(was.Quick), given.Quick is { } quick ? Text(quick) : null);
        Compare(differences, "--batch", string.Join(',', was.Batches), given.Batches is { } batches ? string.Join(',', batches) : null);
        Compare(differences, "--precision", string.Join(',', was.Precisions), given.Precisions is { } precisions ? string.Join(',', precisions) : null);
        Compare(differences, "--compare", was.Compare ?? "nothing", given.Compare);
        Compare(differences, "--seed", $"{was.Seed}", given.Seed is { } seed ? $"{seed}" : null);
        Compare(differences, "--shapes", string.Join(' ', was.Shapes ?? []), given.Shapes is { } shapes ? string.Join(' ', shapes) : null);
        Compare(differences, "--models", string.Join(", ", run.Models.Select(m => m.Name)), models is null ? null : string.Join(", ", models));
        Refuse(run, differences);
        return was with { CellLimitSeconds = given.CellLimitSeconds ?? was.CellLimitSeconds };
    }

    /// <summary>The machine and the versions must be those that the run began with.</summary>
    /// <exception cref="WorkException">Something differs; the message lists it.</exception>
    public static void Environment(SuiteResults run, SuiteEnvironment now)
    {
        SuiteEnvironment was = run.Environment;
        var differences = new List<string>();
        Compare(differences, "pinion", was.Pinion, now.Pinion);
        Compare(differences, "commit", was.Commit, now.Commit);
        Compare(differences, "SDK", was.Sdk, now.Sdk);
        Compare(differences, "TensorRT", was.TensorRt, now.TensorRt);
        Compare(differences, "ONNX Runtime", was.OnnxRuntime ?? "none", now.OnnxRuntime ?? "none");
        Compare(differences, "CUDA", was.Cuda ?? "none", now.Cuda ?? "none");
        Compare(differences, "driver", was.Driver ?? "none", now.Driver ?? "none");
        Compare(differences, "device", was.Device, now.Device);
        Compare(differences, "CPU", was.Cpu, now.Cpu);
        Compare(differences, "cores", $"{was.CpuCores}", $"{now.CpuCores}");
        Compare(differences, "operating system", was.Os, now.Os);
        Compare(differences, ".NET", was.Dotnet, now.Dotnet);
        Refuse(run, differences);
    }

    public static void Model(SuiteResults run, string name, string? was, string now)
    {
        if (was is not null && was != now)
        {
            Refuse(run, [$"the file of {name} has changed (SHA-256 was {was[..12]}, is {now[..12]})"]);
        }
    }

    private static string Text(bool value) => value ? "on" : "off";

    private static void Compare(List<string> differences, string what, string was, string? now)
    {
        if (now is not null && was != now)
        {
            differences.Add($"{what} was {was}, is {now}");
        }
    }

    private static void Refuse(SuiteResults run, List<string> differences)
    {
        if (differences.Count > 0)
        {
            throw new WorkException($"run {run.Id} cannot be resumed, as its cells would not be alike: {string.Join("; ", differences)}. Give another folder for a new run.");
        }
    }
}
