namespace Pinion.Cli.Suite;

/// <summary>What the command line asks for. Null is what was not given: its default depends on the protocol, or on the run that is resumed.</summary>
internal sealed record SuiteSettings(string Output)
{
    public const string TrtExec = "trtexec";

    public const string PaddleClas = "paddleclas";

    public static readonly string[] Protocols = [TrtExec, PaddleClas];

    public static readonly string[] KnownPrecisions = [DataTypes.Name(Precision.Fp32), DataTypes.Name(Precision.Fp16)];

    private static readonly int[] PublishedBatches = [1, 4, 8];

    public IReadOnlyList<string>? Models { get; init; }

    public IReadOnlyList<int>? Batches { get; init; }

    public IReadOnlyList<string>? Precisions { get; init; }

    public string? Protocol { get; init; }

    public string? Compare { get; init; }

    public IReadOnlyList<string>? Shapes { get; init; }

    public ulong? Seed { get; init; }

    public double? CellLimitSeconds { get; init; }

    public bool? Quick { get; init; }

    public bool Resume { get; init; }

    /// <summary>Measure cells again that ended without figures.</summary>
    public bool Retry { get; init; }

    public bool DeleteEngines { get; init; }

    /// <summary>The settings with their defaults.</summary>
    public SuiteProtocol ToProtocol()
    {
        bool quick = Quick ?? false;
        string name = Protocol ?? TrtExec;
        int[] batches = [.. Batches ?? (quick ? [1] : PublishedBatches)];
        string[] precisions = [.. Precisions ?? (quick ? [KnownPrecisions[0]] : KnownPrecisions)];
        double limit = CellLimitSeconds ?? (quick ? 300 : name == TrtExec ? 1800 : 14_400);
        if (name == PaddleClas)
        {
            // PaddleClas: 2,100 runs, of which the first 100 are dropped.
            (int runs, int dropped) = quick ? (60, 10) : (2100, 100);
            return new SuiteProtocol(name, quick, batches, precisions, Compare, 0, 0, runs - dropped, runs, dropped, limit, Seed ?? 0, Shapes);
        }
        return quick
            ? new SuiteProtocol(name, quick, batches, precisions, Compare, 50, 0.5, 5, null, null, limit, Seed ?? 0, Shapes)
            : new SuiteProtocol(name, quick, batches, precisions, Compare, 200, 3, 10, null, null, limit, Seed ?? 0, Shapes);
    }
}
