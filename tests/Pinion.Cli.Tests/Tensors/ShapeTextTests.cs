namespace Pinion.Cli.Tests;

public sealed class ShapeTextTests
{
    [TestCase("x:1x3x224x224", "x=1x3x224x224")]
    [TestCase("x:1x3,y:4", "x=1x3|y=4")]
    [TestCase("x:1x3, y:4", "x=1x3|y=4")]
    [TestCase("Input:0:1x10", "Input:0=1x10")]
    [TestCase("'Input:0':1x10,'a,b':2", "Input:0=1x10|a,b=2")]
    [TestCase("x:scalar", "x=scalar")]
    [TestCase("x:0x4", "x=0x4")]
    [TestCase("1x3x48x320", "=1x3x48x320")]
    public void Reads_trtexecs_grammar(string text, string expected) =>
        Assert.That(string.Join('|', ShapeText.ParseList(text, "--shapes").Select(s => $"{s.Name}={s.Shape}")), Is.EqualTo(expected));

    [TestCase("x:1x-3", "'-3'")]
    [TestCase("x:1xx3", "''")]
    [TestCase("x:1x3.5", "'3.5'")]
    [TestCase("x:1*3", "'1*3'")]
    [TestCase("x:1x99999999999", "'99999999999'")]
    [TestCase("x:2000000000x2000000000x2000000000", "more elements")]
    [TestCase("x:1x1x1x1x1x1x1x1x1", "limit is 8")]
    [TestCase("x:", "no shape")]
    [TestCase(":1x3", "no shape")]
    [TestCase("x:1,,y:2", "no shape")]
    [TestCase("x:1,x:2", "'x' twice")]
    [TestCase("1x2,3x4", "several shapes without a name")]
    [TestCase("'x:1x3", "quote")]
    public void Refusals_name_the_option_and_the_value(string text, string problem) =>
        Assert.That(() => ShapeText.ParseList(text, "--shapes"), Throws.TypeOf<UsageException>().With.Message.Contains(problem).And.Message.Contains("--shapes"));
}
