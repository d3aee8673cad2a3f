namespace Pinion.Benchmarking;

/// <summary>Whether a run may be continued: what would make its cells differ from those it has must be the same.</summary>
internal static class ResumeCheck
{
    /// <summary>The settings of the run; those given must not differ, but for the limit and the comparison, which no figure depends on.</summary>
    /// <exception cref="SuiteResultsException">Something differs; the message lists it.</exception>
    public static SuiteProtocol Protocol(SuiteResults run, SuiteOptions given, IReadOnlyList<string>? models)
    {
        SuiteProtocol was = run.Protocol;
        var differences = new List<FormattableString>();
        Compare(differences, BenchmarkSetting.Protocol, was.Name, given.Protocol is { } method ? SuiteOptions.NameOf(method) : null);
        Compare(differences, BenchmarkSetting.Quick, Text(was.Quick), given.Quick is { } quick ? Text(quick) : null);
        Compare(differences, BenchmarkSetting.Batches, string.Join(',', was.Batches), given.Batches is { } batches ? string.Join(',', batches) : null);
        Compare(differences, BenchmarkSetting.Precisions, string.Join(',', was.Precisions), given.Precisions is { } precisions ? string.Join(',', precisions.Select(p => p.GetName())) : null);
        Compare(differences, BenchmarkSetting.Processes, $"{was.Processes}", given.Processes is { } processes ? $"{processes}" : null);
        Compare(differences, BenchmarkSetting.Seed, $"{was.Seed}", given.Seed is { } seed ? $"{seed}" : null);
        Compare(differences, BenchmarkSetting.Shapes, string.Join(' ', was.Shapes ?? []), given.Shapes is { } shapes ? string.Join(' ', shapes) : null);
        Compare(differences, BenchmarkSetting.Models, string.Join(", ", run.Models.Select(m => m.Name)), models is null ? null : string.Join(", ", models));
        Compare(differences, BenchmarkSetting.Worker, was.InProcess ? "none" : "given", given.Worker is null ? "none" : "given");
        Refuse(run, differences);
        return was with { CellLimitSeconds = given.CellLimit?.TotalSeconds ?? was.CellLimitSeconds, Compare = given.Compare ?? was.Compare };
    }

    /// <summary>The machine and the versions must be those that the run began with.</summary>
    /// <exception cref="SuiteResultsException">Something differs; the message lists it.</exception>
    public static void Environment(SuiteResults run, SuiteEnvironment now)
    {
        SuiteEnvironment was = run.Environment;
        var differences = new List<FormattableString>();
        Compare(differences, "pinion", was.Pinion, now.Pinion);
        Compare(differences, "commit", was.Commit, now.Commit);
        Compare(differences, "SDK", was.Sdk.GetName(), now.Sdk.GetName());
        Compare(differences, "TensorRT", was.TensorRt, now.TensorRt);
        Compare(differences, "ONNX Runtime", was.OnnxRuntime ?? "none", now.OnnxRuntime ?? "none");
        Compare(differences, "CUDA", was.Cuda ?? "none", now.Cuda ?? "none");
        Compare(differences, "driver", was.Driver ?? "none", now.Driver ?? "none");
        Compare(differences, "device", was.Device, now.Device);
        Compare(differences, "CPU", was.Cpu, now.Cpu);
        Compare(differences, "cores", $"{was.CpuCores}", $"{now.CpuCores}");
        Compare(differences, "threads that compute", $"{was.HostThreads}", $"{now.HostThreads}");
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

    private static void Compare(List<FormattableString> differences, object what, string was, string? now)
    {
        if (now is not null && was != now)
        {
            differences.Add($"{what} was {was}, is {now}");
        }
    }

    private static void Refuse(SuiteResults run, List<FormattableString> differences)
    {
        if (differences.Count > 0)
        {
            throw new SuiteResultsException($"run {run.Id} cannot be resumed, as its cells would not be alike: {differences}. Give another folder for a new run.");
        }
    }
}
