namespace Pinion.Cli.Tests;

public sealed class ProfileTextTests
{
    [Test]
    public void Reads_several_inputs()
    {
        OptimizationProfile profile = ProfileText.Parse("x:min=1x3,opt=4x3,max=8x3; 'y:0':max=2");
        Assert.That(profile.Inputs.Keys, Is.EqualTo(["x", "y:0"]));
        Assert.That(profile.Inputs["x"].ToString(), Is.EqualTo("min=1x3,opt=4x3,max=8x3"));
        Assert.That(profile.Inputs["y:0"].ToString(), Is.EqualTo("min=2,opt=2,max=2"));
    }

    [TestCase("x:min=4x3,opt=2x3,max=8x3", "dimension 0 of 'x' is min 4, opt 2, max 8")]
    [TestCase("x:min=1x3,opt=9x3,max=8x3", "min <= opt <= max")]
    [TestCase("x:min=1x3,opt=1x3x3,max=8x3", "differ in rank")]
    [TestCase("x:min=1x3", "only the smallest")]
    [TestCase("x:low=1x3", "'low=1x3'")]
    [TestCase("x:min=1,min=2,max=3", "min twice")]
    [TestCase("min=1x3,max=2x3", "names no input")]
    [TestCase("x:max=1;x:max=2", "'x' twice")]
    [TestCase(" ; ", "is empty")]
    public void Refusals_say_what_is_wrong(string text, string problem) =>
        Assert.That(() => ProfileText.Parse(text), Throws.TypeOf<UsageException>().With.Message.Contains(problem));

    [Test]
    public void Lists_fill_what_is_missing()
    {
        OptimizationProfile profile = ProfileText.FromLists("x:1x3", "x:4x3,y:2", "x:8x3", ("--a", "--b", "--c"))!;
        Assert.That(profile.Inputs["x"].ToString(), Is.EqualTo("min=1x3,opt=4x3,max=8x3"));
        Assert.That(profile.Inputs["y"].ToString(), Is.EqualTo("min=2,opt=2,max=2"));
        Assert.That(ProfileText.FromLists(null, null, null, ("--a", "--b", "--c")), Is.Null);
    }

    [Test]
    public void Lists_are_checked_too()
    {
        Assert.That(() => ProfileText.FromLists("x:4", "x:2", null, ("--a", "--b", "--c")), Throws.TypeOf<UsageException>().With.Message.Contains("min 4, opt 2"));
        Assert.That(() => ProfileText.FromLists("x:4", null, null, ("--a", "--b", "--c")), Throws.TypeOf<UsageException>().With.Message.Contains("only the smallest"));
        Assert.That(() => ProfileText.FromLists(null, "1x3", null, ("--a", "--b", "--c")), Throws.TypeOf<UsageException>().With.Message.Contains("names no input"));
    }
}
