using NUnit.Framework;

namespace Pinion.Zoo.Tests;

/// <summary>Hostile and broken pickles, and the plain ones beside them.</summary>
[TestFixture]
public sealed class PickleMachineTests
{
    private static PickleBuilder Pickle(byte protocol = 4) => new(protocol);

    [Test]
    public void Plain_data_is_read()
    {
        var dict = (PickleDict)Read(Pickle()
            .Op('}').Op('(')
            .Text("int").Int(-7)
            .Text("long").Raw(0x8a, 3, 0x00, 0x00, 0x80)
            .Text("float").Op('G').Raw(0x40, 0x09, 0x21, 0xFB, 0x54, 0x44, 0x2D, 0x18)
            .Text("tuple").Raw(0x88).Op('N').Raw(0x86)
            .Text("list").Op(']').Op('(').Raw((byte)'K', 9).Raw((byte)'M', 1, 2).Op('e')
            .Op('u').Op('.'))!;
        Assert.That(dict["int"], Is.EqualTo(-7L));
        Assert.That(dict["long"], Is.EqualTo(-8388608L));
        Assert.That(dict["float"], Is.EqualTo(Math.PI));
        Assert.That(dict["tuple"], Is.EqualTo(new object?[] { true, null }));
        Assert.That(dict["list"], Is.EqualTo(new object[] { 9L, 513L }));
    }

    [Test]
    public void An_array_is_read_but_its_data_stays_in_the_file()
    {
        var array = (NumpyArray)Read(Pickle(2).Array([2, 1], [1, 2, 3, 4, 5, 6, 7, 8]).Op('.'))!;
        Assert.That(array.Shape, Is.EqualTo(new long[] { 2, 1 }));
        Assert.That((array.Type!.Code, array.Type.BigEndian, array.Data!.Length), Is.EqualTo(("f4", false, 8L)));
    }

    [TestCase("os", "system")]
    [TestCase("posix", "system")]
    [TestCase("nt", "system")]
    [TestCase("builtins", "eval")]
    [TestCase("__builtin__", "eval")]
    [TestCase("builtins", "getattr")]
    [TestCase("subprocess", "Popen")]
    [TestCase("numpy.core.multiarray", "fromfile")]
    [TestCase("numpy", "load")]
    [TestCase("numpy.testing._private.utils", "runstring")]
    [TestCase("_codecs", "decode")]
    [TestCase("collections", "defaultdict")]
    [TestCase("", "")]
    public void Any_other_name_is_refused_by_name(string module, string name)
    {
        string expected = $"'{module}.{name}', which is refused";
        Refused(Pickle(2).Global(module, name).Text("touch /tmp/owned").Raw(0x85).Op('R').Op('.'), expected);
        Refused(Pickle(4).Text(module).Text(name).Raw(0x93).Text("touch /tmp/owned").Raw(0x85).Op('R').Op('.'), expected);
    }

    [Test]
    public void A_refused_name_does_not_reach_the_terminal_raw() =>
        Refused(Pickle().Text("\u001b[2J\n").Text(new string('x', 300)).Raw(0x93).Op('.'), "'?[2J?." + new string('x', 100) + "'");

    [TestCase('i', TestName = "INST")]
    [TestCase('o', TestName = "OBJ")]
    [TestCase('P', TestName = "PERSID")]
    [TestCase('Q', TestName = "BINPERSID")]
    [TestCase('\u0081', TestName = "NEWOBJ")]
    [TestCase('\u0092', TestName = "NEWOBJ_EX")]
    [TestCase('\u0082', TestName = "EXT1")]
    [TestCase('\u0097', TestName = "NEXT_BUFFER")]
    [TestCase('S', TestName = "STRING")]
    [TestCase('V', TestName = "UNICODE")]
    public void Opcodes_that_no_state_dict_needs_are_refused(char opcode) =>
        Refused(Pickle().Op('(').Raw((byte)opcode).Op('.'), $"opcode 0x{(int)opcode:X2}");

    [Test]
    public void Names_are_not_callable_with_other_arguments()
    {
        Refused(Pickle().Global("numpy", "ndarray").Op(')').Op('R').Op('.'), "arguments it does not take");
        Refused(Pickle().Global("_codecs", "encode").Text("x").Text("rot13").Raw(0x86).Op('R').Op('.'), "arguments it does not take");
        Refused(Pickle().Global("builtins", "tuple").Int(5).Raw(0x85).Op('R').Op('.'), "arguments it does not take");
        Refused(Pickle().Text("not a name").Op(')').Op('R').Op('.'), "is not a name");
        Refused(Pickle().Op('}').Op('}').Op('b').Op('.'), "a state is set");
    }

    [Test]
    public void Deep_nesting_is_cut_off()
    {
        Refused(Pickle().Repeat(10_000_000, p => p.Op('(')), "nests deeper");
        Refused(Pickle().Repeat(1_000_000, p => p.Op(']')), "stack is deeper");
        // Without a mark nothing is deep on the stack; the objects themselves are, and nobody walks down them.
        Refused(Pickle().Op(')').Repeat(1_000_000, p => p.Raw(0x85)), "opcodes");
        Assert.That(Read(Pickle().Op(')').Repeat(300_000, p => p.Raw(0x85)).Op('.')), Is.InstanceOf<object[]>());
    }

    [Test]
    public void Memo_bombs_stay_small()
    {
        // Each level holds the one before ten times: a gigabyte to whoever walks it, a few objects to who does not.
        PickleBuilder bomb = Pickle().Text("lol").Raw(0x94);
        for (byte level = 0; level < 200; ++level)
        {
            bomb.Op('(').Repeat(10, p => p.Op('h').Raw(level)).Op('t').Raw(0x94);
        }

        Assert.That(Allocated(() => Read(bomb.Op('.'))), Is.LessThan(4 << 20));
        Refused(Pickle().Text("x").Repeat(1_000_000, p => p.Raw(0x94)), "opcodes");
        Refused(Pickle().Op('N').Repeat(1_000_000, p => p.Op('2')), "stack is deeper");
        Refused(Pickle().Op(']').Raw(0x94).Repeat(200_000, p => p.Op('h').Raw(0).Op('a')).Repeat(200_000, p => p.Op('N').Op('0')), "opcodes");
    }

    [Test]
    public void Huge_counts_allocate_nothing()
    {
        void Check(PickleBuilder pickle) => Assert.That(Allocated(() => Refused(pickle, "cut off")), Is.LessThan(1 << 20));
        Check(Pickle().Op('X').UInt32(uint.MaxValue));
        Check(Pickle().Op('B').UInt32(uint.MaxValue));
        Check(Pickle().Op('T').UInt32(0x7FFFFFFF));
        Check(Pickle().Raw(0x8d).UInt64(ulong.MaxValue));
        Check(Pickle().Raw(0x8e).UInt64(1UL << 63));
        Check(Pickle().Raw(0x96).UInt64(1UL << 40));
        Check(Pickle().Raw(0x95).UInt64(1UL << 62));
        Refused(Pickle().Raw(0x8a, 255), "255 bytes");
        Refused(Pickle().Raw(0x8b).UInt32(0x7FFFFFFF), "opcode 0x8B");
    }

    [Test]
    public void Sparse_memo_indices_allocate_nothing_and_huge_ones_are_refused()
    {
        Assert.That(Allocated(() => Read(Pickle().Op('N').Op('r').UInt32(399_999).Op('j').UInt32(399_999).Op('.'))), Is.LessThan(1 << 20));
        Refused(Pickle().Op('N').Op('r').UInt32(400_000), "memo index 400000");
        Refused(Pickle().Op('N').Op('r').UInt32(uint.MaxValue), "memo index 4294967295");
    }

    [Test]
    public void Names_in_bulk_are_cut_off() => Refused(Pickle().Op('}').Repeat(5000, p => p.Text(new string('x', 4096)).Op('0')).Op('.'), "bytes of names");

    [TestCase(new[] { 3 }, 8, "f4", "[3] and type f4 has 8 bytes")]
    [TestCase(new[] { -1 }, 4, "f4", "a shape that is none")]
    [TestCase(new[] { int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue }, 4, "f4", "is larger than")]
    [TestCase(new[] { int.MaxValue, int.MaxValue, int.MaxValue, 0 }, 4, "f4", "is larger than")]
    [TestCase(new[] { 1 }, 4, "f8", "type f8 has 4 bytes")]
    [TestCase(new[] { 1 }, 8, "O8", "type 'O8'; only plain numbers")]
    [TestCase(new[] { 1 }, 4, "U1", "type 'U1'")]
    [TestCase(new[] { 1 }, 8, "c8", "type 'c8'")]
    [TestCase(new[] { 1 }, 8, "f", "type 'f'")]
    [TestCase(new[] { 1 }, 8, "", "type ''")]
    [TestCase(new[] { 1 }, 8, "V8", "type 'V8'")]
    public void Arrays_that_contradict_themselves_are_refused(int[] shape, int bytes, string type, string reason) =>
        Refused(Pickle().Array(shape, new byte[bytes], type).Op('.'), reason);

    [TestCase("f2", 2)]
    [TestCase("f8", 8)]
    [TestCase("i1", 1)]
    [TestCase("u2", 2)]
    [TestCase("u4", 4)]
    [TestCase("b1", 1)]
    public void Plain_numbers_of_other_types_are_taken_as_what_they_are(string type, int size)
    {
        var array = (NumpyArray)Read(Pickle().Array([3], new byte[3 * size], type).Op('.'))!;
        Assert.That((array.Type!.Code, array.Type.ItemSize), Is.EqualTo((type, size)));
    }

    [Test]
    public void Arrays_without_elements_are_read_as_protocol_2_writes_them()
    {
        byte[] arrayOfNone = Pickle(2).Global("numpy.core.numeric", "_frombuffer").Op('(')
            .Global("__builtin__", "bytes").Op(')').Op('R')
            .Dtype("f4").Int(0).Int(4).Raw(0x86).Text("C").Op('t').Op('R').Op('.').ToArray();
        Assert.That(((NumpyArray)Read(arrayOfNone)!).Shape, Is.EqualTo(new long[] { 0, 4 }));
        Refused(Pickle(2).Global("__builtin__", "bytes").Int(1 << 30).Raw(0x85).Op('R'), "Bytes is called with arguments");
    }

    [Test]
    public void Names_may_be_bytes()
    {
        PickleBuilder Named(Action<PickleBuilder> key)
        {
            PickleBuilder pickle = Pickle(2).Op('}');
            key(pickle);
            return pickle.Int(1).Op('s').Op('.');
        }

        void Name(Action<PickleBuilder> key) => Assert.That(((PickleDict)Read(Named(key))!).Keys, Is.EqualTo(new[] { "out.weight" }));
        Name(p => p.Op('T').UInt32(10).Raw("out.weight"u8.ToArray()));
        Name(p => p.Raw((byte)'U', 10).Raw("out.weight"u8.ToArray()));
        Name(p => p.Global("_codecs", "encode").Text("out.weight").Text("latin1").Raw(0x86).Op('R'));
        Refused(Named(p => p.Global("_codecs", "encode").Text("\u00ff").Text("latin1").Raw(0x86).Op('R')), "not a string");
        Refused(Named(p => p.Text(new string('x', 5000))), "a key or name is 5000 bytes long");
    }

    [Test]
    public void Ranks_beyond_numpys_are_refused() => Refused(Pickle().Array([.. Enumerable.Repeat(1, 33)], new byte[4]).Op('.'), "a shape that is none");

    [Test]
    public void Text_that_stands_for_bytes_must_be_latin1()
    {
        PickleBuilder Encoded(string text) => Pickle(2).Global("_codecs", "encode").Text(text).Text("latin1").Raw(0x86).Op('R');
        Refused(Encoded("\u0100").Op('.'), "not Latin-1");
        // Long text stays in the file; it is looked through when an array takes it.
        string data = string.Concat(Enumerable.Repeat("\u00ff\u0080a\0", 2000));
        PickleBuilder Array(string text) => Pickle(2).Global("numpy.core.numeric", "_frombuffer").Op('(')
            .Global("_codecs", "encode").Text(text).Text("latin1").Raw(0x86).Op('R')
            .Dtype("f4").Int(2000).Raw(0x85).Text("C").Op('t').Op('R').Op('.');
        Assert.That(((NumpyArray)Read(Array(data))!).Shape, Is.EqualTo(new long[] { 2000 }));
        Refused(Array(data[..^1] + "\u0100"), "a character above 255");
        Refused(Array(data + "a"), "has 8001 bytes");
        Refused(Array(data + data), "has 24000 bytes");
        byte[] cut = Array(data).ToArray();
        Refused(cut[..(cut.AsSpan().IndexOf((byte)0xC3) + 5001)], "cut off");
    }

    /// <summary>Characters of one and two bytes in every place of the reader's buffer, read in pieces of all sizes.</summary>
    [Test]
    public void Long_text_is_decoded_whatever_the_pieces()
    {
        var random = new Random(3);
        byte[] expected = new byte[600_000];
        random.NextBytes(expected);
        byte[] text = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.Latin1.GetString(expected));
        using var file = new MemoryStream(text);
        var source = new PickleBytes(0, text.Length, isLatin1Text: true);
        Assert.That(PickleBytesReader.CountBytes(file, source, CancellationToken.None), Is.EqualTo(expected.Length));
        var reader = new PickleBytesReader(file, source);
        byte[] actual = new byte[expected.Length];
        for (int at = 0, size; at < actual.Length; at += size)
        {
            size = Math.Min(random.Next(1, 70_000), actual.Length - at);
            Assert.That(reader.Read(actual.AsSpan(at, size)), Is.EqualTo(size));
        }

        Assert.That(reader.Read(new byte[1]), Is.Zero);
        Assert.That(actual.AsSpan().SequenceEqual(expected), Is.True);
    }

    [TestCase(new byte[] { 0xC3 })]
    [TestCase(new byte[] { 0xC3, 0x41 })]
    [TestCase(new byte[] { 0x80 })]
    [TestCase(new byte[] { 0xC1, 0x80 })]
    public void Text_that_is_no_text_is_refused_when_it_is_read(byte[] text)
    {
        using var file = new MemoryStream(text);
        var reader = new PickleBytesReader(file, new PickleBytes(0, text.Length, isLatin1Text: true));
        Assert.That(() => reader.Read(new byte[4]), Throws.TypeOf<PickleException>());
    }

    [Test]
    public void Looking_through_text_can_be_cancelled()
    {
        using var file = new MemoryStream(new byte[5000]);
        Assert.That(
            () => PickleBytesReader.CountBytes(file, new PickleBytes(0, 5000, isLatin1Text: true), new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Only_protocols_2_to_5_are_read()
    {
        Refused(Pickle(1).Op('N').Op('.'), "protocol 2 to 5");
        Refused(Pickle(6).Op('N').Op('.'), "protocol 2 to 5");
        Refused("(dp0\n."u8.ToArray(), "protocol 2 to 5");
        Refused("PK\u0003\u0004"u8.ToArray(), "protocol 2 to 5");
        Refused([], "cut off");
        Refused([0x80], "cut off");
    }

    [Test]
    public void Stacks_that_run_empty_are_refused()
    {
        Refused(Pickle().Op('.'), "stack is empty");
        Refused(Pickle().Op('0'), "stack is empty");
        Refused(Pickle().Op('u'), "no mark");
        Refused(Pickle().Op('N').Op('(').Op('0'), "stack is empty");
        Refused(Pickle().Op('h').Raw(7), "memo entry 7");
        Refused(Pickle().Op('}').Op('(').Text("key").Op('u'), "no value");
        Refused(Pickle().Op('}').Int(1).Int(2).Op('s'), "not a string");
        Refused(Pickle().Op(']').Text("key").Int(2).Op('s'), "not a dict");
        Refused(Pickle().Op('}').Int(2).Op('a'), "not a list");
    }

    /// <summary>Every byte of a good pickle cut off or changed: an error or a value, never anything else.</summary>
    [Test]
    public void Every_truncation_and_every_changed_byte_is_survived()
    {
        byte[] good = Pickle(2).Op('}').Op('(')
            .Text("a.weight").Array([2, 2], new byte[16])
            .Text("b").Global("builtins", "tuple").Text("name").Array([1], new byte[4]).Raw(0x86).Raw(0x85).Op('R')
            .Text("StructuredToParameterName@@").Op('}').Text("a.weight").Text("linear_0.w_0").Op('s')
            .Op('u').Op('.').ToArray();
        Assert.That(Read(good), Is.InstanceOf<PickleDict>());
        for (int length = 0; length < good.Length; ++length)
        {
            Assert.That(() => Read(good[..length]), Throws.TypeOf<PickleException>(), $"cut off at {length}");
        }

        for (int at = 0; at < good.Length; ++at)
        {
            for (int value = 0; value < 256; ++value)
            {
                byte[] changed = [.. good];
                changed[at] = (byte)value;
                try
                {
                    Read(changed);
                }
                catch (PickleException)
                {
                    // As it should be.
                }
            }
        }
    }

    [Test]
    public void Noise_is_survived()
    {
        var random = new Random(4);
        byte[] opcodes = [.. "(.012GJKMNRTUX]abce}hjqrtu)s"u8, 0x80, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x8d, 0x8e, 0x93, 0x94, 0x95, 0x96];
        for (int round = 0; round < 20_000; ++round)
        {
            byte[] noise = [0x80, 4, .. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(3) == 0 ? (byte)random.Next(256) : opcodes[random.Next(opcodes.Length)])];
            try
            {
                Read(noise);
            }
            catch (PickleException)
            {
                // As it should be.
            }
        }
    }

    private static object? Read(PickleBuilder pickle) => Read(pickle.ToArray());

    private static object? Read(byte[] pickle)
    {
        using var stream = new MemoryStream(pickle);
        return PickleMachine.Read(stream);
    }

    private static void Refused(PickleBuilder pickle, string reason) => Refused(pickle.ToArray(), reason);

    private static void Refused(byte[] pickle, string reason) =>
        Assert.That(() => Read(pickle), Throws.TypeOf<PickleException>().With.Message.Contains(reason));

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
