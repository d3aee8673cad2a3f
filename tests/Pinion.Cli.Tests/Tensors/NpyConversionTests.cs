using System.Runtime.InteropServices;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

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
        Assert.That(Convert<long, int>(TensorDataType.Int32, int.MinValue, 0, int.MaxValue), Is.EqualTo([int.MinValue, 0, int.MaxValue]));
        Assert.That(Convert<int, long>(TensorDataType.Int64, -1, 7), Is.EqualTo([-1L, 7]));
        Assert.That(Convert<byte, int>(TensorDataType.Int32, 0, 255), Is.EqualTo([0, 255]));
        Assert.That(Convert<ushort, byte>(TensorDataType.UInt8, 0, 255), Is.EqualTo(new byte[] { 0, 255 }));
        Assert.That(Convert<ulong, long>(TensorDataType.Int64, 0, long.MaxValue), Is.EqualTo([0, long.MaxValue]));
        Assert.That(Convert<short, sbyte>(TensorDataType.Int8, -128, 127), Is.EqualTo(new sbyte[] { -128, 127 }));
    }

    [Test]
    public void Floating_point_is_rounded_to_the_nearest()
    {
        Assert.That(Convert<double, float>(TensorDataType.Float32, 0.1, double.NaN, double.NegativeInfinity), Is.EqualTo([0.1f, float.NaN, float.NegativeInfinity]));
        Assert.That(Convert<float, Half>(TensorDataType.Float16, 0.1f, 65504), Is.EqualTo([(Half)0.1f, Half.MaxValue]));
        Assert.That(Convert<Half, float>(TensorDataType.Float32, (Half)0.5f), Is.EqualTo([0.5f]));
    }

    [Test]
    public void The_first_value_that_does_not_fit_is_named()
    {
        Refused<long>(TensorDataType.Int32, "holds 2147483648 at [1, 0]; input 'x' is int32, which holds -2147483648 to 2147483647.", 1, 2, 1L << 31, 1L << 40);
        Refused<long>(TensorDataType.UInt8, "holds -1 at [0, 1]; input 'x' is uint8, which holds 0 to 255.", 1, -1, 2, 3);
        Refused<ulong>(TensorDataType.Int64, "holds 18446744073709551615 at [1, 1]", 1, 2, 3, ulong.MaxValue);
        Refused<float>(TensorDataType.Float16, "holds 70000 at [0, 0]; input 'x' is float16, which holds -65500 to 65500.", 70000, 1, 2, 3);
    }

    /// <summary>Pixels are no shares of 1, and indices no measurements: what the user means is not known.</summary>
    [Test]
    public void Types_of_another_kind_are_not_converted()
    {
        Assert.That(TryConvert<byte>(TensorDataType.Float32, [2], 1, 2), Is.Null);
        Assert.That(TryConvert<float>(TensorDataType.Int32, [2], 1, 2), Is.Null);
        Assert.That(TryConvert<byte>(TensorDataType.Bool, [2], 1, 0), Is.Null);
        Assert.That(TryConvert<bool>(TensorDataType.Int32, [2], true, false), Is.Null);
    }

    private TTo[] Convert<TFrom, TTo>(TensorDataType type, params TFrom[] values)
        where TFrom : unmanaged
        where TTo : unmanaged => MemoryMarshal.Cast<byte, TTo>(TryConvert(type, [values.Length], values)).ToArray();

    private void Refused<T>(TensorDataType type, string problem, params T[] values)
        where T : unmanaged =>
        Assert.That(() => TryConvert(type, [2, 2], values), Throws.TypeOf<UsageException>().With.Message.Contains(problem));

    private byte[]? TryConvert<T>(TensorDataType type, long[] shape, params T[] values)
        where T : unmanaged
    {
        NpyFile.Write<T>(_folder["v.npy"], shape, values);
        using var file = NpyFile.Open(_folder["v.npy"]);
        return NpyConversion.Convert(file, new TensorInfo("x", TensorMode.Input, type, new TensorShape(shape)));
    }
}
