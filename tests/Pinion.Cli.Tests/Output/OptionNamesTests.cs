namespace Pinion.Cli.Tests;

public sealed class OptionNamesTests
{
    [Test]
    public void Every_setting_has_a_name() =>
        Assert.That(Enum.GetValues<BenchmarkSetting>().Select(OptionNames.Of), Is.Unique.And.None.Empty);

    [TestCase(LatencyWarningKind.EnqueueBound, "--no-graph")]
    [TestCase(LatencyWarningKind.InputBound, "--no-transfers")]
    [TestCase(LatencyWarningKind.OutputBound, "--no-transfers")]
    [TestCase(LatencyWarningKind.Unstable, "--spin")]
    public void Warnings_name_the_option_that_helps(LatencyWarningKind kind, string option) =>
        Assert.That(OptionNames.Warning(new LatencyWarning(kind, "It is so."), graph: false, spin: false), Does.StartWith("It is so. ").And.Contain(option));

    [TestCase(LatencyWarningKind.EnqueueBound)]
    [TestCase(LatencyWarningKind.Unstable)]
    [TestCase(LatencyWarningKind.Overlapped)]
    public void What_is_in_use_already_is_not_advised(LatencyWarningKind kind) =>
        Assert.That(OptionNames.Warning(new LatencyWarning(kind, "It is so."), graph: true, spin: true), Is.EqualTo("It is so."));
}
