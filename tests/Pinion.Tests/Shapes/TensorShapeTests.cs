using System.Text.Json;

namespace Pinion.Tests;

public sealed class TensorShapeTests
{
    [TestCase("1x3x224x224", 150528)]
    [TestCase("7", 7)]
    [TestCase("scalar", 1)]
    [TestCase("4x0x2", 0)]
    [TestCase("1x1x1x1x1x1x1x2", 2)]
    public void Text_round_trips(string text, long elements)
    {
        var shape = TensorShape.Parse(text);

        Assert.That(shape.ToString(), Is.EqualTo(text));
        Assert.That(shape.ElementCount, Is.EqualTo(elements));
        Assert.That(shape.IsDynamic, Is.False);
    }

    [TestCase("-1x3x?x?")]
    public void Dynamic_dimensions_are_read(string text)
    {
        var shape = TensorShape.Parse(text);

        Assert.That(shape, Is.EqualTo(new TensorShape(-1, 3, -1, -1)));
        Assert.That(shape.IsDynamic, Is.True);
        Check.Throws<InvalidOperationException>(() => _ = shape.ElementCount, "-1x3x-1x-1");
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("1x")]
    [TestCase("1x-2")]
    [TestCase("1X3")]
    [TestCase("1,3")]
    [TestCase("1x+3")]
    [TestCase("1 x 3")]
    [TestCase("99999999999999999999")]
    [TestCase("1x1x1x1x1x1x1x1x1")]
    public void What_is_no_shape_is_refused(string text)
    {
        Assert.That(TensorShape.TryParse(text, out _), Is.False);
        Check.Throws<FormatException>(() => TensorShape.Parse(text), $"'{text}'", "1x3x224x224");
    }

    [Test]
    public void Equality_is_by_rank_and_dimensions()
    {
        Assert.That(new TensorShape(1, 3) == new TensorShape(1, 3), Is.True);
        Assert.That(new TensorShape(1, 3) != new TensorShape(3, 1), Is.True);
        Assert.That(new TensorShape(1, 0), Is.Not.EqualTo(new TensorShape(1)));
        Assert.That(new TensorShape(2, 5).GetHashCode(), Is.EqualTo(TensorShape.Parse("2x5").GetHashCode()));
        Assert.That(default(TensorShape), Is.EqualTo(TensorShape.Parse("scalar")));
    }

    [Test]
    public void It_is_made_from_arrays_and_collection_expressions()
    {
        TensorShape fromInts = new[] { 1, 2 };
        TensorShape fromLongs = new[] { 1L, 2L };
        TensorShape fromExpression = [1, 2];

        Assert.That(fromInts, Is.EqualTo(fromLongs));
        Assert.That(fromInts, Is.EqualTo(fromExpression));
        Assert.That(fromInts.ToArray(), Is.EqualTo(new long[] { 1, 2 }));
        Assert.That(fromInts.Select(d => d), Is.EqualTo(new long[] { 1, 2 }));
    }

    [Test]
    public void One_dimension_can_be_replaced()
    {
        TensorShape shape = [1, 3, 8];

        Assert.That(shape.WithBatch(4), Is.EqualTo(new TensorShape(4, 3, 8)));
        Assert.That(shape.With(2, 9), Is.EqualTo(new TensorShape(1, 3, 9)));
        Assert.That(shape, Is.EqualTo(new TensorShape(1, 3, 8)));
        Assert.Throws<ArgumentOutOfRangeException>(() => shape.With(3, 1));
        Assert.Throws<InvalidOperationException>(() => default(TensorShape).WithBatch(1));
    }

    [TestCase("[]", "scalar")]
    [TestCase("[-1,3,224,224]", "-1x3x224x224")]
    public void A_shape_is_an_array_in_JSON(string json, string shape)
    {
        Assert.That(JsonSerializer.Deserialize<TensorShape>(json), Is.EqualTo(TensorShape.Parse(shape)));
        Assert.That(JsonSerializer.Serialize(TensorShape.Parse(shape)), Is.EqualTo(json));
    }

    [TestCase("3", "array")]
    [TestCase("[1.5]", "whole numbers")]
    [TestCase("[-2]", "from -1")]
    [TestCase("[[1]]", "whole numbers")]
    [TestCase("[1,1,1,1,1,1,1,1,1]", "at most 8")]
    public void Bad_JSON_is_refused(string json, string says) =>
        Check.Throws<JsonException>(() => JsonSerializer.Deserialize<TensorShape>(json), says);

    [Test]
    public void Bad_dimensions_are_refused()
    {
        Check.Throws<ArgumentException>(() => _ = new TensorShape(1, -2), "-2");
        Check.Throws<ArgumentException>(() => _ = new TensorShape(1, 1, 1, 1, 1, 1, 1, 1, 1), "8", "9");
        Assert.Throws<IndexOutOfRangeException>(() => _ = new TensorShape(1)[1]);
        Assert.Throws<OverflowException>(() => _ = new TensorShape(long.MaxValue, 2).ElementCount);
    }
}
