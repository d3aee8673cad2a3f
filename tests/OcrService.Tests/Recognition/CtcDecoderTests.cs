namespace OcrService.Tests;

public sealed class CtcDecoderTests
{
    /// <summary>The blank, a, b and the space.</summary>
    private static readonly CharacterSet Characters = new(["a", "b"]);

    [TestCase(new[] { 0, 0, 0 }, "")]
    [TestCase(new[] { 1, 1, 1 }, "a")]
    [TestCase(new[] { 1, 0, 1 }, "aa")]
    [TestCase(new[] { 1, 2, 2, 1 }, "aba")]
    [TestCase(new[] { 0, 1, 1, 0, 3, 3, 2, 0 }, "a b")]
    public void Repeats_collapse_and_blanks_separate(int[] best, string expected) =>
        Assert.That(CtcDecoder.Decode(Steps(best, 0.7f), Characters).Text, Is.EqualTo(expected));

    [Test]
    public void The_confidence_is_the_mean_over_the_characters()
    {
        float[] steps = [.. Steps([1], 0.9f), .. Steps([0], 0.4f), .. Steps([2], 0.5f)];

        Assert.That(CtcDecoder.Decode(steps, Characters).Confidence, Is.EqualTo(0.7).Within(1e-6));
        Assert.That(CtcDecoder.Decode(Steps([0], 1), Characters).Confidence, Is.Zero);
    }

    private static float[] Steps(int[] best, float probability) =>
        [.. best.SelectMany(b => Enumerable.Range(0, Characters.Count).Select(c => c == b ? probability : 0.1f))];
}
