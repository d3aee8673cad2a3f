using NUnit.Framework;
using Pinion.Onnx;

namespace Pinion.Zoo.Tests;

/// <summary>The counts of every network, from the graph that is exported.</summary>
[TestFixture]
public sealed class CountTests
{
    /// <summary>Network, parameters, state, then MACs in G of convolutions, linear layers and attention, to four digits.</summary>
    private static readonly TestCaseData[] Figures =
    [
        new("pcpvt_small", 24106216, 24106216, 0.3134, 3.3535, 0.1426),
        new("pcpvt_base", 43828456, 43828456, 0.5542, 5.8823, 0.2164),
        new("pcpvt_large", 60989672, 60989672, 0.7862, 8.7103, 0.3110),
        new("alt_gvt_small", 24060776, 24060776, 0.1800, 2.6293, 0.1180),
        new("alt_gvt_base", 56070952, 56070952, 0.5109, 7.8231, 0.2287),
        new("alt_gvt_large", 99271400, 99271400, 0.8995, 13.9074, 0.3049),
        new("Res2Net50_26w_4s", 25699120, 25758612, 4.2531, 0.0020, 0),
        new("Res2Net50_vd_26w_4s", 25718352, 25777972, 4.4928, 0.0020, 0),
        new("Res2Net50_vd_26w_4s_ssld", 25718352, 25777972, 4.4928, 0.0020, 0),
        new("Res2Net50_14w_8s", 25059816, 25122612, 4.1769, 0.0020, 0),
        new("Res2Net101_vd_26w_4s", 45225920, 45345108, 8.3046, 0.0020, 0),
        new("Res2Net101_vd_26w_4s_ssld", 45225920, 45345108, 8.3046, 0.0020, 0),
        new("Res2Net200_vd_26w_4s", 76215536, 76436340, 15.7040, 0.0020, 0),
        new("Res2Net200_vd_26w_4s_ssld", 76215536, 76436340, 15.7040, 0.0020, 0),
        new("TNT_small", 23768584, 23768584, 0.0111, 4.8192, 0.3866),
        new("TNT_base", 65428680, 65428680, 0.0184, 13.3864, 0.6443),
        new("DPN68", 12611602, 12676718, 2.3253, 0.0008, 0),
        new("DPN92", 37668392, 37793608, 6.4990, 0.0027, 0),
        new("DPN98", 61570728, 61735624, 11.6685, 0.0027, 0),
        new("DPN107", 86917800, 87131624, 18.2961, 0.0027, 0),
        new("DPN131", 79254504, 79477864, 16.0110, 0.0027, 0),
    ];

    /// <summary>Network; conv, grouped, batch norm, ReLU, max pool, average pool, global pool, linear, layer norm, GELU, attention, tensors.</summary>
    private static readonly TestCaseData[] LayerTable =
    [
        new("pcpvt_small", new[] { 21, 4, 0, 0, 0, 0, 0, 81, 50, 16, 16, 304 }),
        new("pcpvt_base", new[] { 33, 4, 0, 0, 0, 0, 0, 141, 86, 28, 28, 520 }),
        new("pcpvt_large", new[] { 46, 4, 0, 0, 0, 0, 0, 206, 125, 41, 41, 754 }),
        new("alt_gvt_small", new[] { 15, 4, 0, 0, 0, 0, 0, 82, 48, 18, 18, 290 }),
        new("alt_gvt_base", new[] { 19, 4, 0, 0, 0, 0, 0, 109, 64, 24, 24, 384 }),
        new("alt_gvt_large", new[] { 19, 4, 0, 0, 0, 0, 0, 109, 64, 24, 24, 384 }),
        new("Res2Net50_26w_4s", new[] { 85, 0, 85, 81, 1, 3, 1, 1, 0, 0, 0, 427 }),
        new("Res2Net50_vd_26w_4s", new[] { 87, 0, 87, 83, 1, 6, 1, 1, 0, 0, 0, 437 }),
        new("Res2Net50_14w_8s", new[] { 149, 0, 149, 145, 1, 3, 1, 1, 0, 0, 0, 747 }),
        new("Res2Net101_vd_26w_4s", new[] { 172, 0, 172, 168, 1, 6, 1, 1, 0, 0, 0, 862 }),
        new("Res2Net200_vd_26w_4s", new[] { 337, 0, 337, 333, 1, 6, 1, 1, 0, 0, 0, 1687 }),
        new("TNT_small", new[] { 1, 0, 0, 0, 0, 0, 0, 134, 75, 24, 24, 363 }),
        new("TNT_base", new[] { 1, 0, 0, 0, 0, 0, 0, 134, 75, 24, 24, 363 }),
        new("DPN68", new[] { 71, 22, 72, 72, 1, 0, 1, 1, 0, 0, 0, 361 }),
        new("DPN92", new[] { 95, 30, 96, 96, 1, 0, 1, 1, 0, 0, 0, 481 }),
        new("DPN98", new[] { 101, 32, 102, 102, 1, 0, 1, 1, 0, 0, 0, 511 }),
        new("DPN107", new[] { 110, 35, 111, 111, 1, 0, 1, 1, 0, 0, 0, 556 }),
        new("DPN131", new[] { 134, 43, 135, 135, 1, 0, 1, 1, 0, 0, 0, 676 }),
    ];

    [TestCaseSource(nameof(Figures))]
    public void Parameters_and_macs_equal_the_table(string name, long parameters, long state, double conv, double linear, double attention)
    {
        OnnxModelReport counts = ZooDescription.Of(name).Counts;
        Assert.That(counts.Parameters, Is.EqualTo(parameters));
        Assert.That(counts.State, Is.EqualTo(state));
        Assert.That(Math.Round(counts.Macs.Conv / 1e9, 4), Is.EqualTo(conv));
        Assert.That(Math.Round(counts.Macs.Linear / 1e9, 4), Is.EqualTo(linear));
        Assert.That(Math.Round(counts.Macs.Attention / 1e9, 4), Is.EqualTo(attention));
        Assert.That(counts.Uncounted, Is.Empty);
    }

    [TestCaseSource(typeof(RefNetworks), nameof(RefNetworks.Names))]
    public void Macs_equal_those_of_the_plain_reference_to_the_unit(string name)
    {
        OnnxModelReport counts = ZooDescription.Of(name).Counts;
        RefRun expected = RefNetworks.Outline(name);
        Assert.That(counts.Macs, Is.EqualTo(new OnnxMacs(expected.Counts.Conv, expected.Counts.Linear, expected.Counts.Attention)));
        Assert.That(counts.Statistics, Is.EqualTo(expected.Counts.Statistics));
        Assert.That(counts.State, Is.EqualTo(expected.State.Values.Sum(s => s.Aggregate(1L, (a, b) => a * b))));
    }

    [TestCaseSource(nameof(LayerTable))]
    public void Layers_equal_the_table(string name, int[] expected)
    {
        foreach (int opset in new[] { 13, 17 })
        {
            OnnxModelReport counts = ZooDescription.Of(name, opset, softmax: false).Counts;
            OnnxLayerCounts layers = counts.Layers;
            Assert.That(
                new[]
                {
                    layers.Convolutions, layers.GroupedConvolutions, layers.BatchNorms, layers.Relus, layers.MaxPools, layers.AveragePools,
                    layers.GlobalPools, layers.Linears, layers.LayerNorms, layers.Gelus, layers.Softmaxes, counts.Tensors,
                },
                Is.EqualTo(expected),
                $"opset {opset}");
        }
    }

    [TestCaseSource(typeof(RefNetworks), nameof(RefNetworks.Names))]
    public void Layers_equal_those_of_the_plain_reference(string name)
    {
        OnnxLayerCounts layers = ZooDescription.Of(name, softmax: false).Counts.Layers;
        RefCounts expected = RefNetworks.Outline(name).Counts;
        Assert.That(
            (layers.Convolutions, layers.GroupedConvolutions, layers.BatchNorms, layers.Relus, layers.MaxPools, layers.AveragePools),
            Is.EqualTo((expected.Convolutions, expected.Grouped, expected.BatchNorms, expected.Relus, expected.MaxPools, expected.AveragePools)));
        Assert.That(
            (layers.Linears, layers.LayerNorms, layers.Gelus, layers.Softmaxes),
            Is.EqualTo((expected.Linears, expected.LayerNorms, expected.Gelus, expected.Softmaxes)));
    }
}
