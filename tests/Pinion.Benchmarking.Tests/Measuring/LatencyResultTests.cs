namespace Pinion.Benchmarking.Tests;

public sealed class LatencyResultTests
{
    [Test]
    public void Quiet_measurements_warn_of_nothing() => Assert.That(Of(h2d: 0.1f, compute: 1, d2h: 0.1f, enqueue: 0.79f).Warnings, Is.Empty);

    [Test]
    public void Enqueue_above_four_fifths_of_compute_is_said()
    {
        Assert.That(Messages(Of(0.1f, 1, 0.1f, enqueue: 0.81f, graph: false)), Has.Count.EqualTo(1).And.All.Contains("a CUDA graph may help"));
        Assert.That(Messages(Of(0.1f, 1, 0.1f, enqueue: 0.81f, graph: true)), Has.Count.EqualTo(1).And.All.Contains("in use already"));
    }

    [Test]
    public void Transfers_as_long_as_compute_are_said()
    {
        Assert.That(Messages(Of(h2d: 1, compute: 1, d2h: 0, enqueue: 0)), Has.Count.EqualTo(1).And.All.Contains("inputs"));
        Assert.That(Messages(Of(h2d: 0, compute: 1, d2h: 1, enqueue: 0)), Has.Count.EqualTo(1).And.All.Contains("outputs"));
    }

    [Test]
    public void Compute_that_varies_by_more_than_one_percent_is_said()
    {
        // Two values 1 +- d have a population deviation of d.
        Assert.That(Varying(0.009f).Has(LatencyWarningKind.Unstable), Is.False);
        Assert.That(Messages(Varying(0.011f)), Has.Count.EqualTo(1).And.All.Contains("1.1%, above 1%"));
        Assert.That(Messages(Varying(0.0102f)), Has.Count.EqualTo(1).And.All.Contains("is just above 1%"));
    }

    [Test]
    public void Several_streams_are_said() =>
        Assert.That(Messages(Of(0, 1, 0, 0, sessions: 2)), Has.Count.EqualTo(1).And.All.StartsWith("2 streams"));

    private static List<string> Messages(LatencyResult result) => [.. result.Warnings.Select(w => w.Message)];

    private static LatencyResult Of(float h2d, float compute, float d2h, float enqueue, bool graph = true, int sessions = 1)
    {
        var samples = new SampleStore();
        samples.Add(new LatencySample(h2d, compute, d2h, enqueue, 0, 0));
        return Result(samples, graph, sessions);
    }

    private static LatencyResult Varying(float deviation)
    {
        var samples = new SampleStore();
        samples.Add(new LatencySample(0, 1 - deviation, 0, 0, 0, 0));
        samples.Add(new LatencySample(0, 1 + deviation, 0, 0, 0, 0));
        return Result(samples, graph: true, sessions: 1);
    }

    private static LatencyResult Result(SampleStore samples, bool graph, int sessions) =>
        new(new Measurement(samples, 0, 1), new MeasureOptions(), new SessionOptions(), sessions, new EngineShapes(1, 0, []), graph, firstRunMs: 1);
}
