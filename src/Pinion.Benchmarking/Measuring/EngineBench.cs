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

/// <summary>Measures variants of one engine, keeping a session as long as the profile stays the same.</summary>
internal sealed class BenchRunner(Engine engine, InputValues values, BenchOptions options) : IDisposable
{
    private Session? _session;
    private int _profile = -1;

    /// <summary>The session of the variant measured last.</summary>
    public Session Session => _session ?? throw new InvalidOperationException("Nothing has been measured yet.");

    /// <summary>The last variant, prepared: its outputs are those of the last run.</summary>
    public ShapeVariant? Prepared { get; private set; }

    public BenchRun Measure(Variant variant, CancellationToken token)
    {
        Prepare(variant);
        Measurement measurement = MeasuringLoop.Measure(new SessionSlots(Session, Prepared!), options.Measure, token);
        return new BenchRun(measurement, Findings.Of(measurement.Samples), Prepared!.UsesGraph);
    }

    /// <summary>Makes the session, the variant and every slot's inputs ready.</summary>
    public void Prepare(Variant variant)
    {
        if (_session is null || _profile != variant.Profile)
        {
            _session?.Dispose();
            _session = null;
            _session = engine.CreateSession(new SessionOptions
            {
                Profile = variant.Profile,
                Slots = options.Streams,
                WaitMode = options.Spin ? WaitMode.Spin : WaitMode.Block,
                UseGraph = options.Graph,
                SkipTransfers = !options.Transfers,
            });
            _profile = variant.Profile;
        }
        Prepared = _session.Prepare([.. variant.Inputs.Select(i => (i.Name, new TensorShape(i.Shape)))]);
        foreach (SessionSlot slot in _session.Slots)
        {
            SetShapes(slot, variant);
            foreach ((TensorInfo input, (string name, long[] shape)) in engine.Inputs.Zip(variant.Inputs))
            {
                values.Fill(input, shape, slot.InputBytes(name));
            }
        }
    }

    /// <summary>Makes the slot's spans those of the variant, which is prepared already.</summary>
    public static void SetShapes(SessionSlot slot, Variant variant)
    {
        foreach ((string name, long[] shape) in variant.Inputs)
        {
            slot.SetShape(name, shape);
        }
    }

    public void Dispose() => _session?.Dispose();
}
