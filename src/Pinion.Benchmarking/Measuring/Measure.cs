namespace Pinion.Benchmarking;

/// <summary>Measures sessions with the loop and in the terms of trtexec.</summary>
public static class Measure
{
    /// <summary>Measures one session at the shapes that it has set.</summary>
    /// <inheritdoc cref="Latency(IReadOnlyList{Session}, MeasureOptions?, CancellationToken)"/>
    public static LatencyResult Latency(Session session, MeasureOptions? options = null, CancellationToken cancellationToken = default) =>
        Latency([session], options, cancellationToken);

    /// <summary>
    /// Measures sessions of one engine at the shapes that they have set. With several sessions that many inferences are in flight:
    /// they are used in turn, each enqueued again as soon as it is done, so latencies include waiting for each other. The calling
    /// thread does all of it; the loop allocates nothing but room for samples.
    /// </summary>
    /// <param name="sessions">At least one. Nobody else uses them meanwhile; their last outputs stay readable.</param>
    /// <param name="options">How long, and with which inputs; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the measurement between two runs.</param>
    /// <exception cref="ArgumentException">There is no session, or an option is out of range.</exception>
    /// <exception cref="InvalidOperationException">A session has work in flight, or an input has no shape yet.</exception>
    /// <exception cref="BenchmarkSettingException">No values are drawn for an input of this type.</exception>
    /// <exception cref="PinionException">A run failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static LatencyResult Latency(IReadOnlyList<Session> sessions, MeasureOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentOutOfRangeException.ThrowIfZero(sessions.Count, nameof(sessions));
        options ??= new MeasureOptions();
        options.Validate();
        if (options.Seed is { } seed)
        {
            foreach (Session session in sessions)
            {
                FillInputs(session, seed);
            }
        }

        return Run(sessions, options, EngineShapes.Of(sessions[0]), cancellationToken);
    }

    /// <summary>Measures sessions that hold their inputs.</summary>
    internal static LatencyResult Run(IReadOnlyList<Session> sessions, MeasureOptions options, EngineShapes shapes, CancellationToken cancellationToken)
    {
        // Shapes that were never prepared are now, outside of the loop.
        bool graph = sessions.All(s => s.UsesGraph);
        double firstRunMs = sessions.Max(s => s.FirstRunMs);
        Measurement measurement = MeasuringLoop.Measure(new MeasuredSessions(sessions), options, cancellationToken);
        return new LatencyResult(measurement, options, sessions[0].Options, sessions.Count, shapes, graph, firstRunMs);
    }

    private static void FillInputs(Session session, ulong seed)
    {
        foreach (TensorInfo input in session.Inputs)
        {
            RandomInputs.Fill(input, session.Input<byte>(input.Name), seed);
        }
    }
}
