namespace Pinion.Triton;

/// <summary>What becomes of files that exist.</summary>
public enum ExistingFiles
{
    /// <summary>A version that exists is refused, and a configuration that says something else.</summary>
    Refuse,

    /// <summary>The version and the configuration are replaced.</summary>
    Replace,

    /// <summary>A version that exists is refused; a configuration stays as it is.</summary>
    KeepConfig,
}

/// <summary>How a plan is put into Triton's model repository.</summary>
public sealed record TritonExportOptions
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The version's number, from 1. Default: 1.</summary>
    public long Version { get; init; } = 1;

    /// <summary>Instances on each GPU, 1 to 64. Default: 2.</summary>
    public int Instances { get; init; } = 2;

    /// <summary>The GPUs. Default (empty): all that the server has.</summary>
    public IReadOnlyList<int> Gpus { get; init; } = [];

    /// <summary>How long a request may wait for others. Default: zero.</summary>
    public TimeSpan MaxDelay { get; init; }

    /// <summary>Requests that may wait before others are refused. Default: 0, no limit in Triton.</summary>
    public int MaxQueue { get; init; }

    /// <summary>The optimization profile. Default: 0.</summary>
    public int Profile { get; init; }

    /// <summary>Whether Triton is asked for CUDA graphs. Default: true.</summary>
    public bool Graphs { get; init; } = true;

    /// <summary>Batch sizes to measure and to capture graphs for. Default (null): those that were measured, or powers of two and the plan's largest.</summary>
    public IReadOnlyList<int>? Batches { get; init; }

    /// <summary>Whether a plan of the host SDK is written too, which Triton cannot load and Pinion can serve. Default: false.</summary>
    public bool AllowHostPlan { get; init; }

    /// <summary>What becomes of files that exist. Default: <see cref="ExistingFiles.Refuse"/>.</summary>
    public ExistingFiles Existing { get; init; }

    /// <summary>The device that a plan without a header is loaded on for a moment, to learn its tensors. Default: 0.</summary>
    public int Device { get; init; }

    /// <summary>What the configuration's first comment says that it was written by. Default: Pinion.</summary>
    public string Writer { get; init; } = "Pinion";

    internal void Validate()
    {
        if (!ModelRepository.IsModelName(Name))
        {
            throw new ExportOptionException(nameof(Name), $"'{Name}' is no model's name: letters, digits, _, . and - are allowed, at most 128, the first no dot or dash.");
        }

        if (Version < 1)
        {
            throw new ExportOptionException(nameof(Version), $"{Version} is out of range; versions are whole numbers from 1.");
        }

        OptionCheck.InRange(nameof(Instances), Instances, 1, 64);
        OptionCheck.InRange(nameof(MaxQueue), MaxQueue, 0, int.MaxValue);
        OptionCheck.InRange(nameof(Profile), Profile, 0, int.MaxValue);
        if (MaxDelay < TimeSpan.Zero)
        {
            throw new ExportOptionException(nameof(MaxDelay), $"{MaxDelay} is out of range; it must not be negative.");
        }
    }
}
