using System.Runtime.InteropServices;

namespace Pinion.Onnx.Tests;

public sealed class HalfBytesTests
{
    [TestCase(1f, 1f)]
    [TestCase(1f + (1f / 1024), 1f + (1f / 1024))]
    [TestCase(1f + (1f / 2048), 1f)]
    [TestCase(1f + (3f / 2048), 1f + (2f / 1024))]
    [TestCase(-1f - (1.01f / 2048), -1f - (1f / 1024))]
    [TestCase(1e-30f, 9.99942827e-31f)]
    [TestCase(0f, 0f)]
    [TestCase(float.MaxValue, 3.40116213e38f)]
    [TestCase(float.MinValue, -3.40116213e38f)]
    [TestCase(float.PositiveInfinity, float.PositiveInfinity)]
    [TestCase(float.NaN, float.NaN)]
    public void Floats_keep_eleven_bits_and_their_range(float value, float expected)
    {
        float[] values = [value, -value];
        HalfBytes.Round(MemoryMarshal.AsBytes(values.AsSpan()));
        Assert.That(values, Is.EqualTo([expected, -expected]));
    }
}
