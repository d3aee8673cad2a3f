using System.Runtime.InteropServices;

namespace Pinion.Benchmarking.Tests;

public sealed class ValueStatisticsTests
{
    [Test]
    public void Leaves_out_what_is_not_finite()
    {
        float[] values = [1, float.NaN, -3, float.PositiveInfinity, 5];
        var stats = ValueStatistics.Of(TensorDataType.Float32, MemoryMarshal.AsBytes(values.AsSpan()));
        Assert.That(stats, Is.EqualTo(new ValueStatistics(5, -3, 5, 1, 2)));
    }

    [Test]
    public void Says_when_nothing_is_finite()
    {
        Half[] values = [Half.NaN, Half.NegativeInfinity];
        Assert.That(ValueStatistics.Of(TensorDataType.Float16, MemoryMarshal.AsBytes(values.AsSpan())), Is.EqualTo(new ValueStatistics(2, null, null, null, 2)));
    }

    [Test]
    public void Reads_every_type()
    {
        Assert.That(Of(TensorDataType.Int64, new long[] { -7, 9 }), Is.EqualTo(new ValueStatistics(2, -7, 9, 1, 0)));
        Assert.That(Of(TensorDataType.Int32, new[] { -7, 9 }), Is.EqualTo(new ValueStatistics(2, -7, 9, 1, 0)));
        Assert.That(Of(TensorDataType.Int8, new sbyte[] { -7, 9 }), Is.EqualTo(new ValueStatistics(2, -7, 9, 1, 0)));
        Assert.That(Of(TensorDataType.UInt8, new byte[] { 200, 100 }), Is.EqualTo(new ValueStatistics(2, 100, 200, 150, 0)));
        Assert.That(Of(TensorDataType.Bool, new byte[] { 0, 1 }), Is.EqualTo(new ValueStatistics(2, 0, 1, 0.5, 0)));
        Assert.That(Of(TensorDataType.BFloat16, new ushort[] { 0x3F80, 0xBF80 }), Is.EqualTo(new ValueStatistics(2, -1, 1, 0, 0)));
    }

    private static ValueStatistics Of<T>(TensorDataType type, T[] values)
        where T : unmanaged => ValueStatistics.Of(type, MemoryMarshal.AsBytes(values.AsSpan()));
}
