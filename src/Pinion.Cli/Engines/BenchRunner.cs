using Pinion.Cli.Measuring;

namespace Pinion.Cli;

/// <summary>How bench and trtexec measure.</summary>
internal sealed record BenchOptions
{
    public MeasureOptions Measure { get; init; } = new();

    public int Streams { get; init; } = 1;

    public bool Graph { get; init; } = true;

    public bool Spin { get; init; }

    public bool Transfers { get; init; } = true;
}

/// <summary>One variant's measurement and what it says.</summary>
internal sealed record BenchRun(Measurement Measurement, Findings Findings, bool UsesGraph);

/// <summary>Measures variants of one engine, keeping its sessions as long as the profile stays the same.</summary>
internal sealed class BenchRunner(Engine engine, InputValues values, BenchOptions options) : IDisposable
{
    private BenchSessions? _sessions;
    private int _profile = -1;

    /// <summary>The first session of the variant measured last.</summary>
    public Session Session => Sessions.First.Session;

    /// <summary>The last variant, prepared on the first session: its outputs are those of the last run.</summary>
    public ShapeVariant Prepared => Sessions.First.Variant;

    private BenchSessions Sessions => _sessions ?? throw new InvalidOperationException("Nothing has been measured yet.");

    public BenchRun Measure(Variant variant, CancellationToken token)
    {
        Prepare(variant);
        Measurement measurement = MeasuringLoop.Measure(Sessions, options.Measure, token);
        return new BenchRun(measurement, Findings.Of(measurement.Samples), Prepared.UsesGraph);
    }

    /// <summary>Makes the sessions, the variant and every session's inputs ready.</summary>
    public void Prepare(Variant variant)
    {
        if (_sessions is null || _profile != variant.Profile)
        {
            _sessions?.Dispose();
            _sessions = null;
            _sessions = new BenchSessions(engine, options.Streams, new SessionOptions
            {
                Profile = variant.Profile,
                WaitMode = options.Spin ? WaitMode.Spin : WaitMode.Block,
                UseGraph = options.Graph,
                SkipTransfers = !options.Transfers,
            });
            _profile = variant.Profile;
        }
        _sessions.Prepare(engine, variant, values);
    }

    public void Dispose() => _sessions?.Dispose();
}
