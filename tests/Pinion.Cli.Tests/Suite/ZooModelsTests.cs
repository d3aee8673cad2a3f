namespace Pinion.Cli.Tests;

public sealed class ZooModelsTests
{
    private static readonly ZooModels Zoo = new();

    [Test]
    public void The_zoo_comes_with_published_figures_and_counts()
    {
        SuiteModel model = Zoo.Describe("alt_gvt_base");
        Assert.That(model.PublishedLatencies.First(l => l is { Gpu: "V100", Precision: "fp32", Batch: 8 }).LatencyMs, Is.EqualTo(19.93));
        Assert.That(model.PublishedLatencies.Select(l => l.Source), Has.None.Empty);
        Assert.That(model.Published!.Top1, Is.EqualTo(0.8315));
        Assert.That(model.Parameters, Is.InRange(55_000_000, 57_000_000));
        Assert.That(model.LinearMacs + model.ConvMacs + model.AttentionMacs, Is.InRange(8_000_000_000, 9_000_000_000));
        Assert.That(Zoo.Describe("TNT_small").PublishedLatencies, Is.Empty, "none was published");
    }

    [Test]
    public void Names_have_the_prefix()
    {
        Assert.That(Zoo.Names, Has.Count.EqualTo(21));
        Assert.That(Zoo.Names.Select(n => Zoo.Describe(n).Name), Is.All.StartsWith("zoo:"));
    }
}
