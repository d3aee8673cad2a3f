using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Pinion.TestSupport;

namespace Pinion.Onnx.Tests;

public sealed class NpyRoundTripTests
{
    private static readonly OnnxType[] Types =
    [
        OnnxType.Float32, OnnxType.Float16, OnnxType.BFloat16, OnnxType.Float8E4M3, OnnxType.Float64, OnnxType.Int8, OnnxType.Int16, OnnxType.Int32,
        OnnxType.Int64, OnnxType.UInt8, OnnxType.UInt16, OnnxType.UInt32, OnnxType.UInt64, OnnxType.Bool, OnnxType.Complex64, OnnxType.Complex128,
    ];

    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void Any_tensor_comes_back_as_it_was()
    {
        Gen<(OnnxType, long[], int)> tensors =
            from type in Gen.Elements(Types)
            from rank in Gen.Choose(0, 8)
            from shape in Gen.Choose(0, 4).Select(d => (long)d).ArrayOf(rank)
            from seed in Gen.Choose(0, int.MaxValue)
            select (type, shape, seed);
        Prop.ForAll(tensors.ToArbitrary(), t => ComesBack(t.Item1, t.Item2, t.Item3)).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Writes_what_num_py_writes()
    {
        string path = _folder["numpy.npy"];
        NpyFile.Write(path, OnnxType.Float32, [2, 3], new byte[24]);
        byte[] bytes = File.ReadAllBytes(path);
        // numpy.save of zeros((2, 3), float32), byte for byte.
        byte[] expected = [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n"), .. new byte[24]];
        Assert.That(bytes, Is.EqualTo(expected));
    }

    [TestCase(new long[0], "()")]
    [TestCase(new long[] { 5 }, "(5,)")]
    [TestCase(new long[] { 5, 6, 7 }, "(5, 6, 7)")]
    public void Writes_tuples_as_python_does(long[] shape, string tuple)
    {
        string header = Encoding.Latin1.GetString(NpyHeader.Write(NpyType.For(OnnxType.Int8)!.Value, shape));
        Assert.That(header, Does.Contain($"'shape': {tuple}, }}"));
        Assert.That(header.Length % 64, Is.Zero);
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void Reads_every_format_version(int major)
    {
        string path = _folder[$"v{major}.npy"];
        File.WriteAllBytes(path, NpyBytes.Make(major, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", [7, 0, 0, 0, 9, 0, 0, 0]));
        using var file = NpyFile.Open(path);
        byte[] data = new byte[8];
        file.ReadInto(data);
        Assert.That(data, Is.EqualTo(new byte[] { 7, 0, 0, 0, 9, 0, 0, 0 }));
        Assert.That(file.Header.Shape, Is.EqualTo(new long[] { 2 }));
    }

    [TestCase("{\"shape\": (2L, 1L), \"fortran_order\": False, \"descr\": \"|u1\"}")]
    [TestCase("  { 'descr' : '|u1' , 'shape' : ( 2 , 1 , ) , 'fortran_order' : False , } \n")]
    public void Reads_what_other_writers_write(string header)
    {
        string path = _folder["other.npy"];
        File.WriteAllBytes(path, NpyBytes.Make(1, header, [1, 2]));
        using var file = NpyFile.Open(path);
        Assert.That(file.Header.Shape, Is.EqualTo(new long[] { 2, 1 }));
        Assert.That(file.Header.Type.Element, Is.EqualTo(OnnxType.UInt8));
    }

    [Test]
    public void Converts_fortran_order()
    {
        // The matrix 1 2 3 / 4 5 6, column by column.
        string path = _folder["fortran.npy"];
        File.WriteAllBytes(path, NpyBytes.Make(1, "{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }", [1, 4, 2, 5, 3, 6]));
        using var file = NpyFile.Open(path);
        byte[] data = new byte[6];
        file.ReadInto(data);
        Assert.That(data, Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 6 }));
    }

    [Test]
    public void Converts_fortran_order_of_any_shape()
    {
        Gen<long[]> shapes = Gen.Choose(1, 8).SelectMany(rank => Gen.Choose(1, 4).Select(d => (long)d).ArrayOf(rank));
        Prop.ForAll(shapes.ToArbitrary(), shape =>
        {
            int count = (int)shape.Aggregate(1L, (a, b) => a * b);
            byte[] columns = new byte[2 * count];
            for (int element = 0; element < count; element++)
            {
                // The element at row-major position p holds p; its column-major position is found by its index.
                int rest = element;
                long position = 0;
                long[] index = new long[shape.Length];
                for (int axis = shape.Length - 1; axis >= 0; axis--)
                {
                    index[axis] = rest % shape[axis];
                    rest /= (int)shape[axis];
                }

                long stride = 1;
                for (int axis = 0; axis < shape.Length; axis++)
                {
                    position += index[axis] * stride;
                    stride *= shape[axis];
                }

                BitConverter.TryWriteBytes(columns.AsSpan((int)position * 2), (ushort)element);
            }

            byte[] rows = new byte[columns.Length];
            FortranOrder.ToRowMajor(columns, rows, shape, 2);
            return Enumerable.Range(0, count).All(p => BitConverter.ToUInt16(rows, 2 * p) == p);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Four_bit_integers_are_refused_before_a_file_is_made()
    {
        string path = _folder["int4.npy"];
        Assert.That(() => NpyFile.Write(path, OnnxType.Int4, [2], [0]), Throws.TypeOf<NpyException>().With.Message.Contains("int4"));
        Assert.That(File.Exists(path), Is.False);
    }

    [Test]
    public void Spans_are_written_and_read_as_what_they_are()
    {
        string path = _folder["span.npy"];
        NpyFile.Write<float>(path, [2, 2], [1, 2, 3, 4]);
        using var file = NpyFile.Open(path);
        Assert.That(file.Type.Name, Is.EqualTo("float32"));
        Assert.That(file.Read<float>(), Is.EqualTo(new float[] { 1, 2, 3, 4 }));
        Assert.That(() => file.Read<int>(), Throws.TypeOf<NpyException>().With.Message.Contains("span.npy holds float32, which is not Int32"));
        Assert.That(() => NpyFile.Write<float>(path, [3], [1, 2]), Throws.ArgumentException.With.Message.Contains("float32 of shape 3 has 12 bytes; 8 are given"));
    }

    private bool ComesBack(OnnxType type, long[] shape, int seed)
    {
        long count = shape.Aggregate(1L, (a, b) => a * b);
        byte[] data = new byte[count * NpyType.For(type)!.Value.ElementBytes];
        new System.Random(seed).NextBytes(data);
        string path = _folder["any.npy"];
        NpyFile.Write(path, type, shape, data);
        using var file = NpyFile.Open(path);
        byte[] read = new byte[data.Length];
        file.ReadInto(read);
        return file.Header.Type.Element == type && file.Header.Shape.SequenceEqual(shape) && read.SequenceEqual(data);
    }
}
