namespace Pinion.Fp16.Tests;

public sealed class DifferenceTests
{
    private static readonly float[] Expected = [3, 0, -4, 0];

    [Test]
    public void Equal_tensors_have_no_error()
    {
        var d = Difference.Of(Expected, Expected, row: 2);
        Assert.That(d, Is.EqualTo(new Difference(0, 1, 2, 2, 0)));
        Assert.That(Difference.Of(new float[3], new float[3], row: 1), Is.EqualTo(new Difference(0, 1, 0, 0, 0)));
        Assert.That(Difference.Of([], [], row: 1), Is.EqualTo(new Difference(0, 1, 0, 0, 0)));
    }

    [Test]
    public void The_relative_error_is_that_of_the_norms()
    {
        var d = Difference.Of([3, 0, -4, 1], Expected, row: 4);
        Assert.That(d.RelativeError, Is.EqualTo(0.2).Within(1e-12));
        Assert.That(d.Cosine, Is.EqualTo(25 / (5 * Math.Sqrt(26))).Within(1e-12));
        Assert.That((d.Agreeing, d.Rows), Is.EqualTo((1, 1)));
        Assert.That(Difference.Of([-3, 0, 4, 0], Expected, row: 1).Cosine, Is.EqualTo(-1).Within(1e-12));
        Assert.That(Difference.Of([1, 0], [0, 0], row: 1), Is.EqualTo(new Difference(double.PositiveInfinity, 0, 0, 0, 0)));
    }

    [Test]
    public void What_is_lost_counts_and_what_was_never_there_does_not()
    {
        Assert.That(Difference.Of([float.PositiveInfinity, 0, -4, 0], Expected, row: 1), Is.EqualTo(new Difference(double.PositiveInfinity, 0, 0, 0, 1)));
        Assert.That(Difference.Of([float.NaN, 0, float.NaN, 0], Expected, row: 1).Lost, Is.EqualTo(2));
        Assert.That(Difference.Of([float.NegativeInfinity, 1, float.NaN], [float.NegativeInfinity, 1, float.NaN], row: 1), Is.EqualTo(new Difference(0, 1, 0, 0, 0)));
        Assert.That(Difference.Of([float.NegativeInfinity, 1], [float.PositiveInfinity, 1], row: 1).Lost, Is.EqualTo(1));
        Assert.That(Difference.Of([1, 2, 3], Expected, row: 1).Lost, Is.EqualTo(4), "another number of elements");
    }

    [Test]
    public void Rows_agree_on_their_largest_element()
    {
        var d = Difference.Of([1, 2, 5, 4, 0, 9], [1, 3, 4, 5, 0, 8], row: 2);
        Assert.That((d.Agreeing, d.Rows), Is.EqualTo((2, 3)));
    }

    [Test]
    public void Whole_numbers_agree_or_do_not()
    {
        var d = Difference.OfElements([1, 0, 2, 0, 3, 0, 4, 0], [1, 0, 2, 0, 3, 1, 4, 0], elementBytes: 2);
        Assert.That(d, Is.EqualTo(new Difference(0.25, 1, 3, 4, 0)));
        Assert.That(Difference.OfElements([], [], 4).RelativeError, Is.Zero);
        Assert.That(Difference.OfElements([1], [1, 2], 1).RelativeError, Is.EqualTo(double.PositiveInfinity));
    }
}
