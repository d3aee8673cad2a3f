using NUnit.Framework;

namespace Pinion.Zoo.Tests;

/// <summary>Names and shapes of what a network declares.</summary>
[TestFixture]
public sealed class StateDictTests
{
    [TestCase("Res2Net50_26w_4s")]
    [TestCase("DPN68")]
    [TestCase("pcpvt_small")]
    [TestCase("alt_gvt_small")]
    [TestCase("TNT_small")]
    public void Equals_the_written_listing(string network)
    {
        Dictionary<string, int[]> expected = StateDictListing.Read(network, out long elements);
        IReadOnlyList<Parameter> parameters = Parameters(network);
        AssertSame(parameters, expected);
        Assert.That(parameters.Sum(p => p.Elements), Is.EqualTo(elements));
    }

    [TestCaseSource(typeof(RefNetworks), nameof(RefNetworks.Names))]
    public void Equals_what_the_plain_reference_asks_for(string network) =>
        AssertSame(Parameters(network), RefNetworks.Outline(network).State);

    [Test]
    public void The_table_of_counts_is_that_of_the_graphs() =>
        Assert.That(NetworkTable.TensorCounts, Is.EquivalentTo(NetworkTable.Builders.Keys.ToDictionary(n => n, n => Parameters(n).Count)));

    [Test]
    public void Labels_of_blocks_change_in_the_long_networks()
    {
        Assert.That(Parameters("Res2Net50_26w_4s").Select(p => p.Name), Does.Contain("bb_2_5.res4f_branch2b_1._conv.weight"));
        Assert.That(Parameters("Res2Net101_vd_26w_4s").Select(p => p.Name), Does.Contain("bb_2_5.res4b5_branch2b_1._conv.weight"));
        Assert.That(Parameters("Res2Net200_vd_26w_4s").Select(p => p.Name), Does.Contain("bb_2_47.res4b47_branch2b_3._conv.weight"));
        Assert.That(Parameters("Res2Net200_vd_26w_4s").Select(p => p.Name), Does.Contain("bb_1_11.res3l_branch2b_3._conv.weight"));
        Assert.That(Parameters("Res2Net200_vd_26w_4s").Select(p => p.Name), Does.Contain("bb_2_0.res4a_branch2b_1._conv.weight"));
    }

    private static IReadOnlyList<Parameter> Parameters(string network) =>
        NetworkTable.Build(network, network, opset: 13, batch: null, softmax: true).Parameters;

    private static void AssertSame(IReadOnlyList<Parameter> actual, Dictionary<string, int[]> expected)
    {
        Assert.That(actual.Select(p => p.Name), Is.EquivalentTo(expected.Keys));
        foreach (Parameter parameter in actual)
        {
            Assert.That(parameter.Shape, Is.EqualTo(expected[parameter.Name]), parameter.Name);
        }
    }
}
