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

    /// <summary>How sessions run: as was asked for, else by the defaults of a release (<see cref="WithDefaultsOf"/>).</summary>
    public EngineBenchOptions Bench { get; init; } = new();

    /// <summary>A CUDA graph; null leaves it to the release.</summary>
    public bool? Graph { get; init; }

    /// <summary>A waiting thread that polls; null leaves it to the release.</summary>
    public bool? Spin { get; init; }

    /// <summary>Inputs and outputs that are copied; null leaves it to the release.</summary>
    public bool? Transfers { get; init; }

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

    /// <summary>What was not asked for, as trtexec of this release has it: plain enqueue, blocking wait and transfers to 10; a graph, spin wait and no
    /// transfers from 11 on, and in TensorRT for RTX (1.x).</summary>
    /// <param name="release">Of the library that runs the engine.</param>
    public TrtExecOptions WithDefaultsOf(Version release)
    {
        bool isLater = MeasuresDeviceAlone(release);
        return this with
        {
            Bench = Bench with
            {
                Session = Bench.Session with
                {
                    UseGraph = Graph ?? isLater,
                    WaitMode = Spin ?? isLater ? WaitMode.Spin : WaitMode.Block,
                    SkipTransfers = !(Transfers ?? !isLater),
                },
            },
        };
    }

    /// <summary>Whether the release's trtexec measures the device alone by default.</summary>
    /// <param name="release">Of TensorRT, or of TensorRT for RTX.</param>
    public static bool MeasuresDeviceAlone(Version release) => release.Major is 1 or >= 11;
}
