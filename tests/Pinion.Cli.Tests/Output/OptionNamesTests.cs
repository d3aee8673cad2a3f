namespace Pinion.Cli.Tests;

public sealed class OptionNamesTests
{
    [Test]
    public void EverySettingHasAName() =>
        Assert.That(Enum.GetValues<BenchmarkSetting>().Select(OptionNames.Of), Is.Unique.And.None.Empty);

    [TestCase(LatencyWarningKind.EnqueueBound, "--no-graph")]
    [TestCase(LatencyWarningKind.InputBound, "--no-transfers")]
    [TestCase(LatencyWarningKind.OutputBound, "--no-transfers")]
    [TestCase(LatencyWarningKind.Unstable, "--spin")]
    public void WarningsNameTheOptionThatHelps(LatencyWarningKind kind, string option) =>
        Assert.That(OptionNames.Warning(new LatencyWarning(kind, "It is so."), graph: false, spin: false), Does.StartWith("It is so. ").And.Contain(option));

    [TestCase(LatencyWarningKind.EnqueueBound)]
    [TestCase(LatencyWarningKind.Unstable)]
    [TestCase(LatencyWarningKind.Overlapped)]
    public void WhatIsInUseAlreadyIsNotAdvised(LatencyWarningKind kind) =>
        Assert.That(OptionNames.Warning(new LatencyWarning(kind, "It is so."), graph: true, spin: true), Is.EqualTo("It is so."));
}
