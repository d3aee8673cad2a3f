namespace Pinion.Differential.Tests;

/// <summary>The models that the lane asks about.</summary>
public sealed class CaseTests
{
    private const int AtLeast = 1500;

    [Test]
    public void There_are_many_and_their_names_are_unique()
    {
        Assert.That(Cases.All, Has.Count.GreaterThanOrEqualTo(AtLeast));
        Assert.That(Cases.All.Select(c => c.Name), Is.Unique);
        Assert.That(Cases.All.Select(c => c.Name), Has.All.Match(@"^[a-z0-9]+/(opset\d+/)?[\w.+-]+$"));
    }

    [Test]
    public void A_model_is_the_same_each_time() =>
        Assert.That(Cases.All.Where(c => !c.Write().AsSpan().SequenceEqual(c.Write())).Select(c => c.Name), Is.Empty);

    [Test]
    public void A_fifth_is_held_out()
    {
        double share = (double)Cases.All.Count(c => c.IsHeldOut) / Cases.All.Count;

        Assert.That(share, Is.EqualTo(0.2).Within(0.02));
    }
}
