using Pinion.Cli.Measuring;

namespace Pinion.Cli.Tests.Measuring;

public sealed class FindingsTests
{
    [Test]
    public void QuietMeasurementsWarnOfNothing() =>
        Assert.That(Of(h2d: 0.1f, compute: 1, d2h: 0.1f, enqueue: 0.79f).Warnings(graph: true, spin: true, streams: 1), Is.Empty);

    [Test]
    public void EnqueueAboveFourFifthsOfComputeIsSaid()
    {
        Findings findings = Of(h2d: 0.1f, compute: 1, d2h: 0.1f, enqueue: 0.81f);
        Assert.That(findings.Warnings(graph: false, spin: true, streams: 1), Has.Count.EqualTo(1).And.All.Contains("--no-graph"));
        Assert.That(findings.Warnings(graph: true, spin: true, streams: 1), Has.Count.EqualTo(1).And.All.Contains("in use already"));
    }

    [Test]
    public void TransfersAsLongAsComputeAreSaid()
    {
        Assert.That(Of(h2d: 1, compute: 1, d2h: 0, enqueue: 0).Warnings(true, true, 1), Has.Count.EqualTo(1).And.All.Contains("inputs"));
        Assert.That(Of(h2d: 0, compute: 1, d2h: 1, enqueue: 0).Warnings(true, true, 1), Has.Count.EqualTo(1).And.All.Contains("outputs"));
    }

    [Test]
    public void ComputeThatVariesByMoreThanOnePercentIsSaid()
    {
        // Two values 1 +- d have a population deviation of d.
        Assert.That(Varying(0.009f).IsUnstable, Is.False);
        Assert.That(Varying(0.011f).Warnings(true, false, 1), Has.Count.EqualTo(1).And.All.Contains("1.1%").And.All.Contains("--spin"));
    }

    [Test]
    public void SeveralStreamsAreSaid() =>
        Assert.That(Of(0, 1, 0, 0).Warnings(true, true, 2), Has.Count.EqualTo(1).And.All.StartsWith("2 streams"));

    private static Findings Of(float h2d, float compute, float d2h, float enqueue)
    {
        var samples = new SampleStore();
        samples.Add(new Sample(h2d, compute, d2h, enqueue, 0, 0));
        return Findings.Of(samples);
    }

    private static Findings Varying(float deviation)
    {
        var samples = new SampleStore();
        samples.Add(new Sample(0, 1 - deviation, 0, 0, 0, 0));
        samples.Add(new Sample(0, 1 + deviation, 0, 0, 0, 0));
        return Findings.Of(samples);
    }
}
