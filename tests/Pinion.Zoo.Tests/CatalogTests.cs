using NUnit.Framework;

namespace Pinion.Zoo.Tests;

/// <summary>The names and what was published about them.</summary>
[TestFixture]
public sealed class CatalogTests
{
    [Test]
    public void There_are_21_names_of_18_networks()
    {
        Assert.That(ZooCatalog.Models, Has.Count.EqualTo(21));
        Assert.That(ZooCatalog.Models.Select(m => m.Name), Is.Unique);
        Assert.That(ZooCatalog.Models.Select(m => m.Network).Distinct(), Is.EquivalentTo(NetworkTable.Builders.Keys));
        Assert.That(NetworkTable.Builders, Has.Count.EqualTo(18));
        Assert.That(
            ZooCatalog.Models.GroupBy(m => m.Family).ToDictionary(g => g.Key, g => g.Count()),
            Is.EqualTo(new Dictionary<ZooFamily, int> { [ZooFamily.Twins] = 6, [ZooFamily.Tnt] = 2, [ZooFamily.Res2Net] = 8, [ZooFamily.Dpn] = 5 }));
    }

    [Test]
    public void Ssld_names_are_the_same_networks()
    {
        ZooModel[] ssld = ZooCatalog.Models.Where(m => m.Name != m.Network).ToArray();
        Assert.That(ssld.Select(m => m.Name), Is.EquivalentTo(new[]
        {
            "Res2Net50_vd_26w_4s_ssld", "Res2Net101_vd_26w_4s_ssld", "Res2Net200_vd_26w_4s_ssld",
        }));
        Assert.That(ssld.Select(m => $"{m.Network}_ssld"), Is.EqualTo(ssld.Select(m => m.Name)));
    }

    [Test]
    public void Published_figures_are_complete()
    {
        foreach (ZooModel model in ZooCatalog.Models)
        {
            PublishedFigures published = model.Published;
            Assert.That(published.Top1, Is.InRange(0.7, 0.9), model.Name);
            Assert.That(published.Top5, Is.InRange(published.Top1, 1), model.Name);
            Assert.That(published.FlopsG, Is.Positive);
            Assert.That(published.ParamsM, Is.Positive);
            Assert.That(published.FlopsRule, Is.Not.Empty);
            Assert.That(published.Source, Does.StartWith("PaddlePaddle/PaddleClas"));
            Assert.That(model.InputShape, Is.EqualTo(new[] { 3, 224, 224 }));
            Assert.That(model.Preprocessing.Mean, Has.Count.EqualTo(3));
            Assert.That(model.Preprocessing.Crop, Is.EqualTo(224));
        }
    }

    /// <summary>A figure without a remark is right: parameters to the digits printed, FLOPs by the family's rule.</summary>
    [Test]
    public void Parameters_that_are_wrong_have_a_remark()
    {
        foreach (ZooModel model in ZooCatalog.Models)
        {
            double counted = ZooDescription.Of(model.Name).Counts.Parameters / 1e6;
            // Half a unit of the last digit printed, and the last layer's bias, which the old tool leaves out.
            double unit = new[] { 1, 0.1, 0.01 }.First(u => Math.Abs((model.Published.ParamsM / u) - Math.Round(model.Published.ParamsM / u)) < 1e-6);
            bool right = Math.Abs(counted - model.Published.ParamsM) < (unit / 2) + 0.0011;
            bool remarked = model.Published.Notes.Any(n => n.Figure.Contains("params", StringComparison.Ordinal));
            Assert.That(right || remarked, Is.True, $"{model.Name}: {counted:F3} against {model.Published.ParamsM}");
        }
    }

    [Test]
    public void Swapped_rows_and_undercounted_groups_are_marked_wrong()
    {
        IEnumerable<string> wrong = ZooCatalog.Models.Where(m => m.Published.Notes.Any(n => n.Wrong)).Select(m => m.Name);
        Assert.That(wrong, Is.EquivalentTo(new[]
        {
            "Res2Net50_vd_26w_4s", "Res2Net50_vd_26w_4s_ssld", "Res2Net50_14w_8s", "DPN68", "DPN92", "DPN98", "DPN107", "DPN131",
            "TNT_small", "TNT_base",
        }));
        Assert.That(ZooCatalog.Get("Res2Net50_14w_8s").Published.Notes.Single().Text, Does.Contain("Res2Net50_vd_26w_4s").And.Contains("swapped"));
    }

    [Test]
    public void Latencies_name_their_hardware()
    {
        foreach (PublishedLatency latency in ZooCatalog.Models.SelectMany(m => m.Latencies))
        {
            Assert.That(latency.Gpu, Is.AnyOf("V100", "T4"));
            Assert.That(latency.Precision, Is.AnyOf("fp32", "fp16"));
            Assert.That(latency.Milliseconds.Keys, Is.EqualTo(new[] { 1, 4, 8 }));
            Assert.That(latency.Milliseconds.Values, Is.All.Positive);
            Assert.That(latency.Note, Is.Not.Empty);
        }

        Assert.That(ZooCatalog.Models.Sum(m => m.Latencies.Sum(l => l.Milliseconds.Count)), Is.EqualTo(135));
        Assert.That(ZooCatalog.Get("TNT_base").Latencies, Is.Empty);
        PublishedLatency fp32 = ZooCatalog.Get("Res2Net50_26w_4s").Latencies.Single(l => l is { Gpu: "V100", Precision: "fp32" });
        Assert.That(fp32.Milliseconds[8], Is.EqualTo(8.33));
        Assert.That(fp32.TensorRt, Is.EqualTo("8.0.3.4"));
    }

    [TestCase("dpn68", "DPN68")]
    [TestCase("DPN86", "DPN68")]
    [TestCase("twins_pcpvt_small", "pcpvt_small")]
    [TestCase("alt-gvt-base", "alt_gvt_base")]
    [TestCase("Res2Net50-vd-26w-4s-SSLD", "Res2Net50_vd_26w_4s_ssld")]
    [TestCase("res2net_200_vd", "Res2Net200_vd_26w_4s")]
    [TestCase("TNTsmall", "TNT_small")]
    [TestCase("", null)]
    [TestCase("nope", null)]
    [TestCase("/etc/passwd", null)]
    public void A_near_name_is_found(string name, string? nearest) => Assert.That(ZooCatalog.Nearest(name), Is.EqualTo(nearest));

    [Test]
    public void Very_long_names_take_no_time() => Assert.That(ZooCatalog.Nearest(new string('x', 10_000_000)), Is.Null);

    [Test]
    public void Case_does_not_matter()
    {
        Assert.That(ZooCatalog.Get("RES2NET50_26W_4S").Name, Is.EqualTo("Res2Net50_26w_4s"));
        Assert.That(ZooCatalog.TryGet("ResNet50", out _), Is.False);
    }
}
