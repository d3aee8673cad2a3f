using System.Runtime.InteropServices;

namespace Pinion.Benchmarking.Tests;

/// <summary>Figures that are worked out from measured ones.</summary>
public sealed class CellFiguresTests
{
    private static readonly SuitePeak Peak = new(1e12, 4e12, 1e11, "test");

    [Test]
    public void The_waterfall_adds_up_and_leaves_outliers_out()
    {
        var samples = new SampleStore();
        for (int i = 0; i < 101; i++)
        {
            // Wall 2 ms at the median: 0.1 call, 0.2 enqueue, 0.3 in, 1 compute, 0.15 out, and the rest is waking up.
            double wall = i == 0 ? 500 : 1.5 + (i * 0.01);
            samples.EnsureRoom(1);
            samples.Add(new LatencySample(0.3f, 1f, 0.15f, 0.2f, wall, i, 0.1f, (float)(wall - 0.15)));
        }

        SuiteWaterfall w = Waterfall.Of(samples, gcCollections: 2, gcPauseMs: 1.5)!;
        Assert.That(w.WallMs, Is.EqualTo(2.01).Within(0.02));
        Assert.That(w.ManagedCallMs + w.EnqueueMs + w.H2dMs + w.ComputeMs + w.D2hMs + w.WakeUpMs, Is.EqualTo(w.WallMs).Within(1e-9));
        Assert.That((w.ManagedCallMs, w.EnqueueMs, w.H2dMs, w.ComputeMs, w.D2hMs), Is.EqualTo((0.1, 0.2, 0.3, 1.0, 0.15)).Using<double>((a, b) => Math.Abs(a - b) < 1e-6));
        Assert.That((w.GcCollections, w.GcPauseMs), Is.EqualTo((2, 1.5)));
    }

    [Test]
    public void An_enqueue_behind_the_device_does_not_show()
    {
        var samples = new SampleStore();
        // The device begins while the host still enqueues: 0.9 of the 1 ms of the native call is the device's.
        samples.Add(new LatencySample(0, 0.9f, 0, 0.8f, 1.1, 0, 0.05f, 1f));
        SuiteWaterfall w = Waterfall.Of(samples, 0, 0)!;
        Assert.That(w.EnqueueMs, Is.EqualTo(0.1).Within(1e-6));
        Assert.That(w.WakeUpMs, Is.EqualTo(0.05).Within(1e-6));
    }

    [Test]
    public void A_foreign_clock_gives_no_waterfall()
    {
        var samples = new SampleStore();
        samples.Add(new LatencySample(0, 1, 0, 0.1f, 2, 0, 1e9f, 1f));
        Assert.That(Waterfall.Of(samples, 0, 0), Is.Null);
        Assert.That(Waterfall.Of(new SampleStore(), 0, 0), Is.Null);
    }

    [Test]
    public void The_roofline_is_the_longer_of_both_limits()
    {
        var counts = new ModelCounts(0, WeightElements: 1_000_000, ConvMacs: 5_000_000_000, 0, 0, ProductElements: 500_000, null);
        SuiteRoofline r = Roofline.Of(counts, inputOutputBytes: 1_000_000, halfPrecision: false, Peak, computeMs: 20)!;
        Assert.That(r.Flops, Is.EqualTo(1e10));
        Assert.That(r.Bytes, Is.EqualTo(1e6 + 4e6 + (2 * 500_000 * 4)));
        Assert.That((r.BoundBy, r.LimitMs, r.Fraction), Is.EqualTo(("compute", 10.0, 0.5)));
        SuiteRoofline memory = Roofline.Of(counts with { ConvMacs = 1000 }, 91_000_000, false, Peak, 2)!;
        Assert.That((memory.BoundBy, memory.LimitMs, memory.Fraction), Is.EqualTo(("memory", 0.99, 0.495)).Using<double>((a, b) => Math.Abs(a - b) < 1e-9));
        SuiteRoofline half = Roofline.Of(counts, 1_000_000, halfPrecision: true, Peak, 20)!;
        Assert.That((half.LimitMs, half.Bytes), Is.EqualTo((2.5, 1e6 + 2e6 + (2 * 500_000 * 2))));
        Assert.That(Roofline.Of(counts with { ProductElements = null }, 0, false, Peak, 20)!.BytesOf, Is.EqualTo("weights, inputs and outputs"));
        Assert.That(Roofline.Of(counts with { ConvMacs = 0 }, 0, false, Peak, 20), Is.Null, "nothing known, nothing claimed");
        Assert.That(Roofline.Of(counts, 0, halfPrecision: true, Peak with { Fp16Flops = null }, 20), Is.Null);
    }

    [Test]
    public void Accuracy_compares_values_and_rows()
    {
        float[] reference = [0.1f, 0.9f, 0, 0.5f, 0.25f, 0.25f];
        float[] actual = [0.2f, 0.8f, 0, 0.25f, 0.5f, 0.25f];
        SuiteAccuracy a = Compare(actual, reference, [2, 3]);
        Assert.That(a.MaxAbs, Is.EqualTo(0.25).Within(1e-7));
        Assert.That(a.MeanAbs, Is.EqualTo((0.1 + 0.1 + 0.25 + 0.25) / 6).Within(1e-7));
        Assert.That(a.Top1Agreement, Is.EqualTo(0.5), "the second row's largest moved");
        Assert.That(a.Cosine, Is.EqualTo(1.0525 / Math.Sqrt(1.195 * 1.055)).Within(1e-7));
        Assert.That(Compare(reference, reference, [6]).Top1Agreement, Is.Null, "no rows of scores");
        Assert.That(Compare(reference, reference, [2, 3]).Cosine, Is.EqualTo(1).Within(1e-12));
    }

    [Test]
    public void Numbers_that_are_none_are_counted()
    {
        SuiteAccuracy a = Compare([float.NaN, float.PositiveInfinity, 1, float.NaN, float.NaN, float.NaN], [1, 1, 1, 1, 1, 1], [2, 3]);
        Assert.That((a.NaN, a.Infinite, a.Elements), Is.EqualTo((4L, 1L, 6L)));
        Assert.That((a.MaxAbs, a.MeanAbs, a.Cosine), Is.EqualTo((0.0, 0.0, 1.0)), "of the values that are numbers");
        Assert.That(a.Top1Agreement, Is.Zero, "the first row's largest is infinite elsewhere, the second has none");
        Assert.That(Compare([0, 0], [1, 1], [2]).Cosine, Is.Zero);
    }

    [Test]
    public void Published_figures_never_look_like_the_same_hardware()
    {
        SuiteModel model = Model(("T4", "fp16", 1, 6.0), ("V100", "fp32", 1, 5.0), ("T4", "fp32", 1, 8.0));
        SuiteComparison c = Comparison.Parse(null).Of(model, 1, "fp32", Machine(Sdk.Host, "CPU x"), 50)!;
        Assert.That((c.With.Gpu, c.Ratio, c.SameHardware), Is.EqualTo(("V100", 10.0, false)));
        Assert.That(c.Caption, Does.Contain("V100").And.Contain("CPU x").And.Contain("different hardware"));
        Assert.That(Comparison.Parse("T4").Of(model, 1, "fp32", Machine(Sdk.Host, "CPU x"), 50)!.With.LatencyMs, Is.EqualTo(8));
        Assert.That(Comparison.Parse("v100").Of(model, 1, "fp16", Machine(Sdk.Host, "CPU x"), 50), Is.Null, "nothing published");
        SuiteComparison same = Comparison.Parse(null).Of(model, 1, "fp32", Machine(Sdk.Nvidia, "Tesla T4"), 4)!;
        Assert.That((same.With.Gpu, same.SameHardware), Is.EqualTo(("T4", true)), "the device's own figures come first");
        Assert.That(same.Caption, Does.Not.Contain("different"));
    }

    [Test]
    public void Words_say_what_was_computed()
    {
        SuiteEnvironment host = Machine(Sdk.Host, "CPU x");
        Assert.That(CellFacts.ComputedIn(host, "fp32"), Is.EqualTo("FP32"));
        Assert.That(CellFacts.ComputedIn(host, "fp16"), Does.StartWith("FP32 (FP16 was asked for"));
        Assert.That(CellFacts.ComputedIn(Machine(Sdk.Nvidia, "Tesla T4"), "fp16"), Is.EqualTo("FP16"));
        Assert.That(CellFacts.ReferenceText(host, "fp16"), Does.Contain("says nothing about FP16"));
        Assert.That(CellFacts.ReferenceText(host, "fp32"), Does.Contain("the same FP32 engine"));
        Assert.That(CellFacts.RanOn(host), Does.StartWith("no GPU"));
    }

    [Test]
    public void Busy_time_leaves_idling_out() =>
        // user nice system idle iowait irq softirq steal guest guest_nice
        Assert.That(OtherLoad.Parse("cpu  100 20 30 4000 500 6 7 8 0 0"), Is.EqualTo(1.71).Within(1e-9));

    [Test]
    public void The_cpu_has_peaks()
    {
        SuitePeak peak = CpuPeak.Measure(Environment.ProcessorCount);
        Assert.That(peak.Fp32Flops, Is.InRange(1e8, 1e16));
        Assert.That(peak.BytesPerSecond, Is.InRange(1e7, 1e14));
        Assert.That(peak.Source, Does.StartWith("measured"));
    }

    private static SuiteAccuracy Compare(float[] actual, float[] reference, long[] shape)
    {
        var comparison = new OutputComparison();
        comparison.Add(
            TensorDataType.Float32, MemoryMarshal.AsBytes(actual.AsSpan()), TensorDataType.Float32, MemoryMarshal.AsBytes(reference.AsSpan()), shape);
        return comparison.Result("test");
    }

    private static SuiteModel Model(params (string Gpu, string Precision, int Batch, double Ms)[] latencies) => new(
        "zoo:m", "m", null, null, null, null, null, null, null, null, [.. latencies.Select(l => new SuitePublishedLatency(l.Gpu, l.Precision, l.Batch, l.Ms, "s", null, null))]);

    internal static SuiteEnvironment Machine(Sdk sdk, string device) => new(
        sdk, device, "7.5", null, null, 0, null, null, null, null, "8.6.1", null, device, 2, "os", "x64", ".NET", "0.1.0", "c", null, Peak);
}
