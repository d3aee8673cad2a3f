namespace Pinion.Tests;

public sealed class NearestNameTests
{
    [TestCase("imput", "input")]
    [TestCase("INPUT", "input")]
    [TestCase("inputs", "input")]
    [TestCase("images", null)]
    [TestCase("mask_attention", null)]
    [TestCase("attention_mas", "attention_mask")]
    public void Finds_the_name_that_was_meant(string wrong, string? expected) =>
        Assert.That(NearestName.Find(wrong, ["input", "attention_mask", "ids"]), Is.EqualTo(expected));

    [Test]
    public void Hints_name_the_nearest_and_the_rest()
    {
        Assert.That(NearestName.Hint("imput", ["input"]), Is.EqualTo("Did you mean 'input'?"));
        Assert.That(NearestName.Hint("imput", ["input", "ids"]), Is.EqualTo("Did you mean 'input'? There is 'input', 'ids'."));
        Assert.That(NearestName.Hint("zzzz", ["a", "b"]), Is.EqualTo("There is 'a', 'b'."));
        Assert.That(NearestName.Hint("zzzz", [.. Enumerable.Range(0, 11).Select(i => $"tensor{i}")]), Does.EndWith("and 3 more."));
        Assert.That(NearestName.Hint("zzzz", []), Is.EqualTo("There is none."));
    }

    [TestCase("", "abc", 3)]
    [TestCase("kitten", "sitting", 3)]
    [TestCase("same", "same", 0)]
    public void Distance_counts_edits(string left, string right, int expected) =>
        Assert.That(NearestName.Distance(left, right), Is.EqualTo(expected));
}
