namespace Pinion.Cli.Tests;

public sealed class SizeTextTests
{
    [TestCase("16", 16L << 20)]
    [TestCase("0.25", 256L << 10)]
    [TestCase("100B", 100L)]
    [TestCase("4K", 4096L)]
    [TestCase("1.5M", 3L << 19)]
    [TestCase("2g", 2L << 30)]
    [TestCase("512MiB", 512L << 20)]
    public void Reads_sizes(string text, long bytes) => Assert.That(SizeText.ParseBytes(text, "--workspace"), Is.EqualTo(bytes));

    [TestCase("")]
    [TestCase("many")]
    [TestCase("-1")]
    [TestCase("1T")]
    [TestCase("0")]
    [TestCase("99999999999999999999G")]
    [TestCase("1e3")]
    [TestCase("NaN")]
    public void Refuses_the_rest(string text) => Assert.That(() => SizeText.ParseBytes(text, "--workspace"), Throws.TypeOf<UsageException>().With.Message.Contains("--workspace"));
}
