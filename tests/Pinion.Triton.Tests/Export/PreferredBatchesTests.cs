namespace Pinion.Triton.Tests;

public sealed class PreferredBatchesTests
{
    [TestCase("1:100 2:190 4:350 8:600", "2,4,8", TestName = "Rising")]
    [TestCase("1:100 2:104 4:110 8:112", "4", TestName = "Barely rising, against the best so far")]
    [TestCase("1:100 2:99 4:98", "", TestName = "Falling")]
    [TestCase("1:100 2:200 4:150 8:220", "2,8", TestName = "A dip")]
    [TestCase("8:600 1:100 4:350", "4,8", TestName = "In any order")]
    [TestCase("4:100 8:105", "4,8", TestName = "Exactly five percent, and the smallest measured")]
    [TestCase("1:50", "", TestName = "One alone never")]
    public void A_size_is_preferred_if_it_gains_on_every_smaller_one(string measured, string preferred)
    {
        BatchLatency[] facts = [.. measured.Split(' ').Select(m => m.Split(':')).Select(m => new BatchLatency(int.Parse(m[0], null), 1, double.Parse(m[1], null)))];
        Assert.That(string.Join(',', PreferredBatches.Choose(facts)), Is.EqualTo(preferred));
    }
}
