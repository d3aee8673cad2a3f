using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Pinion.Serving.Tests;

/// <summary>Values from and to JSON without a server: types that only some TensorRT versions have, and the memory on the way.</summary>
public sealed class JsonValueTests
{
    private static readonly long[] Longs = [0, -1, long.MaxValue, long.MinValue, 9007199254740993, 1];

    [TestCase("[0,-1,9223372036854775807,-9223372036854775808,9007199254740993,1]", true)]
    [TestCase("[[0,-1,9223372036854775807],[-9223372036854775808,9007199254740993,1]]", true)]
    [TestCase("[0,-1,9223372036854775808,-9223372036854775808,9007199254740993,1]", false)]
    [TestCase("[0,-1,9223372036854775807,-9223372036854775808,9007199254740993,1.5]", false)]
    public void Longs64(string json, bool fits)
    {
        var pool = new RequestMemory(1 << 20);
        foreach (bool late in new[] { false, true })
        {
            if (!fits)
            {
                Assert.That(() => Read(pool, TensorDataType.Int64, json, late), Throws.InstanceOf<ServingException>().With.Message.Contains("INT64"));
                continue;
            }

            using RentedMemory lease = Read(pool, TensorDataType.Int64, json, late);
            Assert.That(MemoryMarshal.Cast<byte, long>(lease.Span).ToArray(), Is.EqualTo(Longs));
        }

        Assert.That(pool.Rented, Is.Zero);
    }

    [Test]
    public void Longs_are_written_exactly()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            JsonValues.Write(writer, TensorDataType.Int64, MemoryMarshal.AsBytes(Longs.AsSpan()));
            writer.WriteEndArray();
        }

        Assert.That(JsonSerializer.Deserialize<long[]>(buffer.WrittenSpan), Is.EqualTo(Longs));
    }

    [TestCase(TensorDataType.BFloat16)]
    [TestCase(TensorDataType.Float16)]
    public void Sixteen_bit_floats_have_no_json(TensorDataType type)
    {
        var pool = new RequestMemory(1 << 20);
        Assert.That(() => Read(pool, type, "[0,0,0,0,0,0]", late: false), Throws.InstanceOf<ServingException>().With.Message.Contains("binary_data_size"));
        Assert.That(pool.Rented, Is.Zero);
    }

    /// <summary>Far more values than the memory that it begins with.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public void Memory_grows_with_the_data(bool late)
    {
        var pool = new RequestMemory(1 << 24);
        float[] values = [.. Enumerable.Range(0, 100_000).Select(i => i * 0.5f)];
        using RentedMemory lease = Read(pool, TensorDataType.Float32, JsonSerializer.Serialize(values), late, 100_000);
        Assert.That(lease.Length, Is.EqualTo(400_000));
        Assert.That(MemoryMarshal.Cast<byte, float>(lease.Span).ToArray(), Is.EqualTo(values));
        Assert.That(pool.Rented, Is.EqualTo(1));
    }

    /// <summary>A shape of gigabytes costs nothing as long as the data does not come.</summary>
    [Test]
    public void Shapes_allocate_nothing()
    {
        var pool = new RequestMemory(1 << 20);
        foreach (bool late in new[] { false, true })
        {
            Assert.That(
                () => Read(pool, TensorDataType.Float32, "[1,2,3]", late, 500_000_000), Throws.InstanceOf<ServingException>().With.Message.Contains("has 3 values"));
        }
    }

    private static RentedMemory Read(RequestMemory pool, TensorDataType type, string json, bool late, long elements = 6)
    {
        var info = new TensorInfo("x", TensorMode.Input, type, [-1]);
        var input = new InputTensor { Name = "x", Datatype = Datatypes.Name(type), Shape = json.StartsWith("[[", StringComparison.Ordinal) ? [2, 3] : [elements] };
        input.Info = late ? null : info;
        using var tensor = new JsonTensor(input, pool, 0);
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        while (reader.Read())
        {
            tensor.Take(ref reader);
        }

        input.Info = info;
        return tensor.Finish();
    }
}
