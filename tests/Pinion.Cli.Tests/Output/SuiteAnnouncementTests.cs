namespace Pinion.Cli.Tests;

public sealed class SuiteAnnouncementTests
{
    private static readonly SuiteEstimate Estimate = new(Cells: 2, Engines: 1, Modes: 3, Time: null, Basis: 0, DiskBytes: 5_000_000);

    [Test]
    public void A_disk_that_is_too_small_is_told_with_what_is_free_and_what_helps() =>
        Assert.That(SuiteCommand.DiskWarning(Estimate, "out", 4_999_999), Is.EqualTo("out is on a disk with 5 MB free. --delete-engines keeps the engines of one model at a time."));

    [TestCase(5_000_000)]
    [TestCase(long.MaxValue)]
    public void A_disk_with_room_is_not_mentioned(long free) => Assert.That(SuiteCommand.DiskWarning(Estimate, "out", free), Is.Null);
}
