using FsCheck;
using FsCheck.Fluent;
using Pinion.TestSupport;

namespace Pinion.Onnx.Tests;

public sealed class NpyHostileTests
{
    private const string Good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000000000), }", "is truncated")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000, 4), }", "more elements than")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "2^63")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 6), }", "damaged")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,6), }", "more than 8")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", "bytes to spare")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }", "is truncated")]
    [TestCase("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }", "big endian")]
    [TestCase("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }", "not supported")]
    [TestCase("{'descr': '<U8', 'fortran_order': False, 'shape': (2, 3), }", "not supported")]
    [TestCase("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }", "structured")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, }", "no 'shape'")]
    [TestCase("{'fortran_order': False, 'shape': (2, 3), }", "no 'descr'")]
    [TestCase("{'descr': '<f4', 'shape': (2, 3), }", "no 'fortran_order'")]
    [TestCase("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "unexpected entry")]
    [TestCase("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3), }", "damaged")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3], }", "damaged")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } + 1", "damaged")]
    [TestCase("{'descr': '<f4", "damaged")]
    [TestCase("", "damaged")]
    public void Says_what_is_wrong_with_the_header(string header, string problem) =>
        Refused(NpyBytes.Make(1, header, new byte[24]), problem);

    [Test]
    public void Says_that_it_is_no_npy_file()
    {
        Refused([], "is empty");
        Refused([0x93, .. "NUM"u8], "does not begin");
        Refused("PK this is a zip, not an array"u8.ToArray(), "does not begin");
        Refused([0x93, .. "NUMPY"u8, 1, 0], "ends inside");
        Refused([0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. "{'descr'"u8], "ends inside");
        Refused([0x93, .. "NUMPY"u8, 9, 0, 0, 0], "version is 9.0");
        Refused([0x93, .. "NUMPY"u8, 1, 7, 0, 0], "version is 1.7");
    }

    [Test]
    public void Huge_headers_are_refused_before_they_are_read() =>
        Refused([0x93, .. "NUMPY"u8, 2, 0, 0xFF, 0xFF, 0xFF, 0xFF], "claims 4294967295 bytes");

    [Test]
    public void Sizes_are_checked_before_memory_is_taken()
    {
        byte[] bytes = NpyBytes.Make(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (100000, 100000), }", new byte[24]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(bytes, "is truncated");
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Missing_files_and_folders_are_named()
    {
        Assert.That(() => NpyFile.Open(_folder["none.npy"]), Throws.TypeOf<NpyException>().With.Message.Contains("none.npy does not exist"));
        Assert.That(() => NpyFile.Open(_folder.Path), Throws.TypeOf<NpyException>().With.Message.Contains(_folder.Path));
    }

    /// <summary>A changed byte is either refused in words or changes a value, never anything else.</summary>
    [Test]
    public void Any_changed_byte_is_refused_or_read()
    {
        byte[] good = NpyBytes.Make(1, Good, new byte[24]);
        Gen<(int, byte)> changes = from at in Gen.Choose(0, good.Length - 1) from value in Gen.Choose(0, 255) select (at, (byte)value);
        Prop.ForAll(changes.ToArbitrary(), change =>
        {
            byte[] changed = [.. good];
            changed[change.Item1] = change.Item2;
            return RefusedOrRead(changed);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Test]
    public void Any_truncation_is_refused()
    {
        byte[] good = NpyBytes.Make(2, Good, new byte[24]);
        for (int length = 0; length < good.Length; length++)
        {
            Refused(good[..length], "");
        }
    }

    private bool RefusedOrRead(byte[] bytes)
    {
        string path = _folder["fuzzed.npy"];
        File.WriteAllBytes(path, bytes);
        try
        {
            using var file = NpyFile.Open(path);
            file.ReadInto(new byte[file.Header.DataBytes]);
            return true;
        }
        catch (NpyException e)
        {
            return e.Message.StartsWith(path, StringComparison.Ordinal);
        }
    }

    private void Refused(byte[] bytes, string problem)
    {
        string path = _folder["hostile.npy"];
        File.WriteAllBytes(path, bytes);
        Assert.That(() => NpyFile.Open(path).Dispose(), Throws.TypeOf<NpyException>().With.Message.Contains(problem).And.Message.StartsWith(path));
    }
}
