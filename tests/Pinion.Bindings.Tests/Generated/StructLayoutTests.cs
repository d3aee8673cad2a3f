using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pinion.Bindings.Tests;

/// <summary>The built library says how it lays out its structs.</summary>
internal sealed unsafe class StructLayoutTests
{
    private const int MostFields = 64;

    [Test]
    public void There_are_structs() => Assert.That(GeneratedCode.Structs.Count(), Is.GreaterThan(5));

    [TestCaseSource(typeof(GeneratedCode), nameof(GeneratedCode.Structs))]
    public void Size_and_offsets_are_the_librarys(Type type)
    {
        uint size;
        uint count;
        uint[] offsets = new uint[MostFields];
        int status;
        nint name = Marshal.StringToCoTaskMemUTF8(type.Name);
        fixed (uint* first = offsets)
        {
            status = NativeMethods.pn_abi_struct_layout((byte*)name, &size, first, MostFields, &count);
        }

        Marshal.FreeCoTaskMem(name);
        Assert.That((pn_status)status, Is.EqualTo(pn_status.PN_OK), $"the library does not describe {type.Name}");

        FieldInfo[] fields = GeneratedCode.Fields(type);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Marshal.SizeOf(type), Is.EqualTo((int)size));
            Assert.That(fields, Has.Length.EqualTo((int)count));
            Assert.That(
                fields.Select(f => $"{f.Name} at {Marshal.OffsetOf(type, f.Name)}"),
                Is.EqualTo(fields.Zip(offsets, (f, offset) => $"{f.Name} at {offset}")));
        }
    }

    /// <summary>What Marshal says of a blittable struct is what the runtime does; a few are checked against it.</summary>
    [Test]
    public void The_runtime_uses_the_same_sizes() => Assert.Multiple(() =>
    {
        Assert.That(sizeof(pn_shape), Is.EqualTo(Marshal.SizeOf<pn_shape>()));
        Assert.That(Unsafe.SizeOf<pn_build_options>(), Is.EqualTo(Marshal.SizeOf<pn_build_options>()));
        Assert.That(sizeof(pn_device_info), Is.EqualTo(Marshal.SizeOf<pn_device_info>()));
    });

    [Test]
    public void An_unknown_struct_is_not_found()
    {
        uint size = 12345;
        uint count = 12345;
        fixed (byte* name = "pn_no_such_struct\0"u8)
        {
            int status = NativeMethods.pn_abi_struct_layout(name, &size, null, 0, &count);
            Assert.That((pn_status)status, Is.EqualTo(pn_status.PN_NOT_FOUND));
        }

        Assert.That((size, count), Is.EqualTo((12345u, 12345u)), "out parameters are written on success only");
    }
}
