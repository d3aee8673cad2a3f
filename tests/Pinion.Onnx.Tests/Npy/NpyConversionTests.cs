using System.Runtime.InteropServices;
using Pinion.TestSupport;

namespace Pinion.Onnx.Tests;

public sealed class NpyConversionTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Whole_numbers_that_fit_become_other_whole_numbers()
    {
        Assert.That(Convert<long, int>(OnnxType.Int32, int.MinValue, 0, int.MaxValue), Is.EqualTo([int.MinValue, 0, int.MaxValue]));
        Assert.That(Convert<int, long>(OnnxType.Int64, -1, 7), Is.EqualTo([-1L, 7]));
        Assert.That(Convert<byte, int>(OnnxType.Int32, 0, 255), Is.EqualTo([0, 255]));
        Assert.That(Convert<ushort, byte>(OnnxType.UInt8, 0, 255), Is.EqualTo(new byte[] { 0, 255 }));
        Assert.That(Convert<ulong, long>(OnnxType.Int64, 0, long.MaxValue), Is.EqualTo([0, long.MaxValue]));
        Assert.That(Convert<short, sbyte>(OnnxType.Int8, -128, 127), Is.EqualTo(new sbyte[] { -128, 127 }));
    }

    [Test]
    public void Floating_point_is_rounded_to_the_nearest()
    {
        Assert.That(Convert<double, float>(OnnxType.Float32, 0.1, double.NaN, double.NegativeInfinity), Is.EqualTo([0.1f, float.NaN, float.NegativeInfinity]));
        Assert.That(Convert<float, Half>(OnnxType.Float16, 0.1f, 65504), Is.EqualTo([(Half)0.1f, Half.MaxValue]));
        Assert.That(Convert<Half, float>(OnnxType.Float32, (Half)0.5f), Is.EqualTo([0.5f]));
    }

    [Test]
    public void The_first_value_that_does_not_fit_is_named()
    {
        Refused<long>(OnnxType.Int32, "holds 2147483648 at [1, 0]; input 'x' is int32, which holds -2147483648 to 2147483647", 1, 2, 1L << 31, 1L << 40);
        Refused<long>(OnnxType.UInt8, "holds -1 at [0, 1]; input 'x' is uint8, which holds 0 to 255", 1, -1, 2, 3);
        Refused<ulong>(OnnxType.Int64, "holds 18446744073709551615 at [1, 1]", 1, 2, 3, ulong.MaxValue);
        Refused<float>(OnnxType.Float16, "holds 70000 at [0, 0]; input 'x' is float16, which holds -65500 to 65500", 70000, 1, 2, 3);
    }

    /// <summary>Pixels are no shares of 1, and indices no measurements: what the user means is not known.</summary>
    [Test]
    public void Types_of_another_kind_are_not_converted()
    {
        Assert.That(TryConvert<byte>(OnnxType.Float32, [2], 1, 2), Is.Null);
        Assert.That(TryConvert<float>(OnnxType.Int32, [2], 1, 2), Is.Null);
        Assert.That(TryConvert<byte>(OnnxType.Bool, [2], 1, 0), Is.Null);
        Assert.That(TryConvert<bool>(OnnxType.Int32, [2], true, false), Is.Null);
    }

    private TTo[] Convert<TFrom, TTo>(OnnxType type, params TFrom[] values)
        where TFrom : unmanaged
        where TTo : unmanaged => MemoryMarshal.Cast<byte, TTo>(TryConvert(type, [values.Length], values)).ToArray();

    private void Refused<T>(OnnxType type, string problem, params T[] values)
        where T : unmanaged =>
        Assert.That(() => TryConvert(type, [2, 2], values), Throws.TypeOf<NpyException>().With.Message.Contains(problem));

    private byte[]? TryConvert<T>(OnnxType type, long[] shape, params T[] values)
        where T : unmanaged
    {
        NpyFile.Write<T>(_folder["v.npy"], shape, values);
        using var file = NpyFile.Open(_folder["v.npy"]);
        return file.ReadAs(type, "input 'x'");
    }
}
