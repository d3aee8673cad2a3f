namespace Pinion.Tests;

public sealed class NameTests
{
    [TestCase("imput", "; did you mean 'input'?")]
    [TestCase("INPUT", "; did you mean 'input'?")]
    [TestCase("outputs", "; did you mean 'output'?")]
    [TestCase("images", "; there are: 'input', 'output'.")]
    public void The_nearest_name_is_suggested(string name, string expected) =>
        Assert.That(Names.Suggest(name, ["input", "output"]), Is.EqualTo(expected));

    [Test]
    public void Without_names_it_says_so() => Assert.That(Names.Suggest("x", []), Is.EqualTo(": there are none."));

    [TestCase("", "abc", 3)]
    [TestCase("kitten", "sitting", 3)]
    [TestCase("same", "same", 0)]
    public void Distance_counts_edits(string left, string right, int expected) =>
        Assert.That(Names.Distance(left, right), Is.EqualTo(expected));
}
