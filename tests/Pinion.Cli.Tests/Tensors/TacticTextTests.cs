namespace Pinion.Cli.Tests;

public sealed class TacticTextTests
{
    [Test]
    public void Lists_name_all_that_are_used()
    {
        Assert.That(TacticText.ParseList("CUBLAS,cudnn"), Is.EqualTo(TacticSources.CuBlas | TacticSources.CuDnn));
        Assert.That(TacticText.ParseList("none"), Is.EqualTo(TacticSources.None));
        Assert.That(() => TacticText.ParseList("CUBLASS"), Throws.TypeOf<UsageException>().With.Message.Contains("Did you mean 'CUBLAS'?"));
    }

    [TestCase("8.0.3", TacticSources.CuBlasLt | TacticSources.CuBlas)]
    [TestCase("8.4.1", TacticSources.CuBlasLt | TacticSources.CuBlas | TacticSources.EdgeMaskConvolutions)]
    [TestCase("8.6.1", TacticSources.CuBlasLt | TacticSources.CuBlas | TacticSources.EdgeMaskConvolutions | TacticSources.JitConvolutions)]
    [TestCase("10.4.0", TacticSources.CuBlas | TacticSources.EdgeMaskConvolutions | TacticSources.JitConvolutions)]
    public void Changes_start_from_the_versions_default(string version, TacticSources expected) =>
        Assert.That(TacticText.ParseChanges("-CUDNN,+CUBLAS", Version.Parse(version)), Is.EqualTo(expected));

    [Test]
    public void Changes_need_a_sign() => Assert.That(() => TacticText.ParseChanges("CUBLAS", new Version(8, 6)), Throws.TypeOf<UsageException>());
}
