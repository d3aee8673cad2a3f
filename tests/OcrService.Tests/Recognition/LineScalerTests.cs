namespace OcrService.Tests;

public sealed class LineScalerTests
{
    [TestCase(480, 48, 480)]
    [TestCase(100, 24, 200)]
    [TestCase(1, 48, LineScaler.MinWidth)]
    [TestCase(5000, 48, 1280)]
    public void The_width_keeps_the_proportions_within_limits(int width, int height, int expected) =>
        Assert.That(LineScaler.WidthOf(new PixelImage(width, height, []), 1280), Is.EqualTo(expected));

    [Test]
    public void Planes_are_blue_green_red_from_minus_one_to_one()
    {
        byte[] pixels = [.. Enumerable.Range(0, 48 * 16).SelectMany(_ => new byte[] { 255, 0, 51 })];
        float[] planes = new float[3 * 48 * 16];

        LineScaler.Scale(new PixelImage(16, 48, pixels), 16, planes);

        Assert.That(planes[..(48 * 16)], Has.All.EqualTo(-0.6f).Within(1e-5f));
        Assert.That(planes[(48 * 16)..(2 * 48 * 16)], Has.All.EqualTo(-1f).Within(1e-5f));
        Assert.That(planes[(2 * 48 * 16)..], Has.All.EqualTo(1f).Within(1e-5f));
    }

    [Test]
    public void Between_pixels_it_is_linear()
    {
        // One column black, one white, made twice as wide: a quarter of the way from centre to centre, then three quarters.
        byte[] pixels = [.. Enumerable.Range(0, 48).SelectMany(_ => new byte[] { 0, 0, 0, 255, 255, 255 })];
        float[] planes = new float[3 * 48 * 4];

        LineScaler.Scale(new PixelImage(2, 48, pixels), 4, planes);

        Assert.That(planes[..4], Is.EqualTo(new[] { -1f, -0.5f, 0.5f, 1f }).Within(1e-5f));
    }
}
