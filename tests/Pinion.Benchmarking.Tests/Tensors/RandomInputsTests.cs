using System.Runtime.InteropServices;

namespace Pinion.Benchmarking.Tests;

public sealed class RandomInputsTests
{
    /// <summary>Fixed numbers: the same seed must give the same tensors on every machine and in every version.</summary>
    [Test]
    public void Values_are_those_of_the_documented_generator()
    {
        // Computed from the definition in Python: FNV-1a of "x", SplitMix64, the top 24 bits over 2^23, less 1.
        Assert.That(Draw<float>(TensorDataType.Float32, 4, seed: 0, "x"), Is.EqualTo(new[] { -0.597583532333374f, 0.6170535087585449f, 0.2866472005844116f, 0.6562187671661377f }));
    }

    [Test]
    public void Seed_and_name_both_matter()
    {
        float[] one = Draw<float>(TensorDataType.Float32, 8, 0, "x");
        Assert.That(Draw<float>(TensorDataType.Float32, 8, 0, "x"), Is.EqualTo(one));
        Assert.That(Draw<float>(TensorDataType.Float32, 8, 1, "x"), Is.Not.EqualTo(one));
        Assert.That(Draw<float>(TensorDataType.Float32, 8, 0, "y"), Is.Not.EqualTo(one));
    }

    [Test]
    public void Floating_point_is_uniform_in_minus_one_to_one()
    {
        Check([.. Draw<float>(TensorDataType.Float32, 100_000, 7, "x").Select(v => (double)v)]);
        Check([.. Draw<Half>(TensorDataType.Float16, 100_000, 7, "x").Select(v => (double)v)]);
        Check([.. Draw<ushort>(TensorDataType.BFloat16, 100_000, 7, "x").Select(v => (double)BitConverter.UInt32BitsToSingle((uint)v << 16))]);

        static void Check(double[] values)
        {
            Assert.That(values.Min(), Is.GreaterThanOrEqualTo(-1));
            Assert.That(values.Max(), Is.LessThan(1));
            Assert.That(values.Average(), Is.EqualTo(0).Within(0.02));
            // A uniform variable on [-1, 1) has variance 1/3.
            Assert.That(values.Average(v => v * v), Is.EqualTo(1.0 / 3).Within(0.01));
        }
    }

    [Test]
    public void Integers_cover_their_documented_range()
    {
        Assert.That(Draw<int>(TensorDataType.Int32, 10_000, 1, "x").Distinct().Order(), Is.EqualTo(Enumerable.Range(0, 128)));
        Assert.That(Draw<long>(TensorDataType.Int64, 10_000, 1, "x").Distinct().Order(), Is.EqualTo(Enumerable.Range(0, 128).Select(i => (long)i)));
        Assert.That(Draw<sbyte>(TensorDataType.Int8, 10_000, 1, "x").Distinct().Count(), Is.EqualTo(256));
        Assert.That(Draw<byte>(TensorDataType.UInt8, 10_000, 1, "x").Distinct().Count(), Is.EqualTo(256));
        Assert.That(Draw<byte>(TensorDataType.Bool, 10_000, 1, "x").Distinct().Order(), Is.EqualTo(new byte[] { 0, 1 }));
    }

    [Test]
    public void Types_without_a_draw_are_refused_with_the_way_out() =>
        Assert.That(() => Draw<byte>(TensorDataType.Fp8, 4, 0, "x"), Throws.TypeOf<BenchmarkSettingException>().With.Message.Contains("Input x=FILE.npy"));

    private static T[] Draw<T>(TensorDataType type, int count, ulong seed, string name)
        where T : unmanaged
    {
        var values = new T[count];
        RandomInputs.Fill(type, MemoryMarshal.AsBytes(values.AsSpan()), seed, name);
        return values;
    }
}
