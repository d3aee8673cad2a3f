namespace Pinion.Cli;

/// <summary>A trtexec command line in Pinion's terms.</summary>
internal sealed record TrtExecOptions
{
    public string? Onnx { get; init; }

    public string? LoadEngine { get; init; }

    public string? SaveEngine { get; init; }

    /// <summary>TF32 is on, a tactic is timed by eight runs and saved plans are raw, all as in trtexec.</summary>
    public EngineBuildOptions Build { get; init; } = new() { AllowTf32 = true, TimingIterations = 8 };

    /// <summary>Changes to the default tactic sources, which the loaded version decides.</summary>
    public string? TacticChanges { get; init; }

    public IReadOnlyList<(string? Name, TensorShape Shape)> Shapes { get; init; } = [];

    public int? UseProfile { get; init; }

    /// <summary>trtexec's defaults: plain enqueue, blocking wait, with transfers.</summary>
    public EngineBenchOptions Bench { get; init; } = new() { Session = new SessionOptions { UseGraph = false } };

    public int AvgRuns { get; init; } = 10;

    public IReadOnlyList<double> Percentiles { get; init; } = [90, 95, 99];

    public IReadOnlyDictionary<string, string> LoadInputs { get; init; } = new Dictionary<string, string>();

    public bool SkipInference { get; init; }

    public bool Verbose { get; init; }

    public bool Help { get; init; }

    public bool DumpOutput { get; init; }

    public bool DumpProfile { get; init; }

    public bool DumpLayerInfo { get; init; }

    public bool DumpOptimizationProfile { get; init; }

    public string? ExportTimes { get; init; }

    public string? ExportOutput { get; init; }

    public string? ExportProfile { get; init; }

    public string? ExportLayerInfo { get; init; }

    /// <summary>What became of flags that change nothing here, for the log.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
