namespace Pinion.Tests;

/// <summary>What element types are in C# and in memory.</summary>
public sealed class DataTypeTests
{
    [TestCase(TensorDataType.Float32, typeof(float), 12)]
    [TestCase(TensorDataType.Float16, typeof(Half), 6)]
    [TestCase(TensorDataType.Int8, typeof(sbyte), 3)]
    [TestCase(TensorDataType.Int32, typeof(int), 12)]
    [TestCase(TensorDataType.Bool, typeof(bool), 3)]
    [TestCase(TensorDataType.UInt8, typeof(byte), 3)]
    [TestCase(TensorDataType.Fp8, typeof(byte), 3)]
    [TestCase(TensorDataType.BFloat16, typeof(ushort), 6)]
    [TestCase(TensorDataType.Int64, typeof(long), 24)]
    [TestCase(TensorDataType.Int4, typeof(byte), 2)]
    public void A_type_has_a_managed_one_and_a_size(TensorDataType type, Type managed, long bytesOfThree)
    {
        Assert.That(type.GetElementType(), Is.EqualTo(managed));
        Assert.That(type.GetSizeBytes(3), Is.EqualTo(bytesOfThree));
        Assert.That(type.GetSizeBytes(0), Is.Zero);
    }

    [TestCaseSource(nameof(All))]
    public void A_type_has_a_name_that_reads_back(TensorDataType type)
    {
        Assert.That(TensorDataTypeExtensions.TryParse(type.GetName(), out TensorDataType read), Is.True);
        Assert.That(read, Is.EqualTo(type));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("float8")]
    [TestCase("FLOAT32")]
    public void Another_name_is_none(string? name) => Assert.That(TensorDataTypeExtensions.TryParse(name, out _), Is.False);

    private static TensorDataType[] All() => Enum.GetValues<TensorDataType>();

    [Test]
    public void A_size_beyond_64_bits_is_refused() =>
        Assert.Throws<OverflowException>(() => TensorDataType.Int64.GetSizeBytes(long.MaxValue / 8));
}
