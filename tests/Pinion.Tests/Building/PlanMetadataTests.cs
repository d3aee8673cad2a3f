using Pinion.TestSupport;

namespace Pinion.Tests;

[Category("Builds")]
public sealed class PlanMetadataTests
{
    [Test]
    public void A_plan_keeps_texts_beside_its_engine()
    {
        using var folder = new TemporaryFolder();
        using Plan plan = EngineBuilder.Build(TestModels.Identity.ToBytes());
        Assert.That(plan.Description.Metadata, Is.Empty);
        using Plan one = plan.WithMetadata("app.labels", "cat\n\"dog\" ä");
        using Plan two = one.WithMetadata("app.more", new string('x', 10_000));
        two.Save(folder["x.plan"]);
        using var read = Plan.Open(folder["x.plan"]);
        Assert.That(read.Description.Metadata, Is.EquivalentTo(new Dictionary<string, string> { ["app.labels"] = "cat\n\"dog\" ä", ["app.more"] = new('x', 10_000) }));
        Assert.That(read.Description.Checksum, Is.EqualTo(plan.Description.Checksum).And.Length.EqualTo(16));
        using Plan without = one.WithMetadata("app.labels", null);
        Check.Equal(without.Bytes, plan.Bytes.ToArray());
    }

    [Test]
    public void What_has_no_place_is_refused()
    {
        using Plan raw = EngineBuilder.Build(TestModels.Identity.ToBytes(), new EngineBuildOptions { Raw = true });
        Check.Throws<PinionException>(() => raw.WithMetadata("k", "v"), "raw plan");
        using Plan plan = EngineBuilder.Build(TestModels.Identity.ToBytes());
        Check.Throws<PinionException>(() => plan.WithMetadata("k", new string('v', 17 << 20)), "16777216");
        Assert.Throws<ArgumentException>(() => plan.WithMetadata("", "v"));
    }

    [Test]
    public void A_file_that_is_no_plan_is_not_opened()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<FileNotFoundException>(() => Plan.Open(folder["nowhere.plan"]));
        File.WriteAllBytes(folder["empty.plan"], []);
        Check.Throws<PinionException>(() => Plan.Open(folder["empty.plan"]), "empty");
        File.WriteAllText(folder["text.plan"], new string('a', 5_000_000));
        Check.Throws<PinionException>(() => Plan.Open(folder["text.plan"]), "text");
    }
}
