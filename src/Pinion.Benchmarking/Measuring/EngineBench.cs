namespace Pinion.Benchmarking;

/// <summary>Writes the values of one input.</summary>
/// <param name="input">Which.</param>
/// <param name="shape">The shape that it runs with.</param>
/// <param name="destination">Its memory.</param>
public delegate void InputFiller(TensorInfo input, TensorShape shape, Span<byte> destination);

/// <summary>How <see cref="EngineBench"/> measures.</summary>
public sealed record EngineBenchOptions
{
    /// <summary>How long to measure.</summary>
    public MeasureOptions Measure { get; init; } = new();

    /// <summary>Inferences in flight at once, each in a session of its own. Default 1.</summary>
    public int Sessions { get; init; } = 1;

    /// <summary>What the sessions are created with; the profile is that of the shapes.</summary>
    public SessionOptions Session { get; init; } = new();

    /// <summary>Writes the inputs; null draws them from the seed of <see cref="Measure"/>.</summary>
    public InputFiller? Inputs { get; init; }
}

/// <summary>
/// Measures an engine at one set of shapes after the other, with sessions of its own that it keeps as long as the profile stays the
/// same. Owner: the caller, who disposes it before the engine. Threads: one at a time.
/// </summary>
/// <param name="engine">The engine; the caller's.</param>
/// <param name="options">How to measure; null takes the defaults.</param>
public sealed class EngineBench(Engine engine, EngineBenchOptions? options = null) : IDisposable
{
    private readonly EngineBenchOptions _options = options ?? new EngineBenchOptions();
    private readonly List<Session> _sessions = [];
    private int _profile = -1;

    /// <summary>The session whose outputs are those of the last run.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been prepared yet.</exception>
    public Session Session => _sessions.Count > 0 ? _sessions[0] : throw new InvalidOperationException("Nothing has been prepared yet.");

    /// <summary>Makes sessions, shapes and inputs ready.</summary>
    /// <param name="shapes">What is to run, such as <see cref="ShapeRequest.ForEngine"/> gives.</param>
    /// <exception cref="ArgumentException">The shapes are not the engine's.</exception>
    /// <exception cref="BenchmarkSettingException">No values are drawn for an input.</exception>
    /// <exception cref="BenchmarkException">Before TensorRT 8.6 the plan has too few copies of the profile for so many sessions.</exception>
    /// <exception cref="PinionException">Memory is exhausted, or TensorRT refuses.</exception>
    public void Prepare(EngineShapes shapes)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        if (_sessions.Count == 0 || _profile != shapes.Profile)
        {
            Dispose();
            Open(shapes.Profile);
        }

        foreach (Session session in _sessions)
        {
            session.Use(session.Prepare([.. shapes.Inputs]));
            foreach ((TensorInfo input, (string name, TensorShape shape)) in engine.Inputs.Zip(shapes.Inputs))
            {
                Fill(input, shape, session.Input<byte>(name));
            }
        }
    }

    /// <summary>Prepares the shapes and measures them.</summary>
    /// <inheritdoc cref="Prepare"/>
    /// <param name="shapes">What is to run.</param>
    /// <param name="cancellationToken">Ends the measurement between two runs.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public LatencyResult Measure(EngineShapes shapes, CancellationToken cancellationToken = default)
    {
        _options.Measure.Validate();
        Prepare(shapes);
        return Benchmarking.Measure.Run(_sessions, _options.Measure, shapes, cancellationToken);
    }

    /// <summary>Disposes the sessions.</summary>
    public void Dispose()
    {
        _sessions.ForEach(s => s.Dispose());
        _sessions.Clear();
    }

    private void Open(int profile)
    {
        int wanted = Math.Max(_options.Sessions, 1);
        try
        {
            while (_sessions.Count < wanted)
            {
                _sessions.Add(engine.CreateSession(_options.Session with { Profile = profile }));
            }

            _profile = profile;
        }
        catch (PinionException e) when (e.Status == PinionStatus.Unsupported && _sessions.Count > 0)
        {
            int opened = _sessions.Count;
            Dispose();
            throw new BenchmarkException($"{e.Message}. {wanted} streams need a plan built with {BenchmarkSetting.ProfileCopies} {wanted}; this one serves {opened}.", e);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Fill(TensorInfo input, TensorShape shape, Span<byte> destination)
    {
        if (_options.Inputs is { } inputs)
        {
            inputs(input, shape, destination);
        }
        else if (_options.Measure.Seed is { } seed)
        {
            RandomInputs.Fill(input, destination, seed);
        }
    }
}
