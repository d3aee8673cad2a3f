using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pinion.Bindings.Tests;

internal sealed class EntryPointTests
{
    [TestCaseSource(typeof(GeneratedCode), nameof(GeneratedCode.Externs))]
    public void Exists_in_the_library(MethodInfo method)
    {
        string entry = method.GetCustomAttribute<DllImportAttribute>()!.EntryPoint!;
        nint library = NativeLoader.EnsureLoaded().Handle;
        Assert.That(NativeLibrary.TryGetExport(library, entry, out _), Is.True, $"the library does not export {entry}");
    }

    [Test]
    [Platform("Linux", Reason = "reads ELF; the native tests look at the exports of every platform")]
    public void Every_export_is_bound()
    {
        NativeLoadResult loaded = NativeLoader.EnsureLoaded();
        IEnumerable<string> exports = ElfExports.Read(loaded.LibraryPath!).Where(n => n.StartsWith("pn_", StringComparison.Ordinal));
        Assert.That(exports, Is.EquivalentTo(GeneratedCode.Externs.Select(m => m.Name)));
    }

    [TestCaseSource(typeof(GeneratedCode), nameof(GeneratedCode.Externs))]
    public void Needs_no_marshalling(MethodInfo method)
    {
        IEnumerable<Type> types = method.GetParameters().Select(p => p.ParameterType).Append(method.ReturnType);
        DllImportAttribute import = method.GetCustomAttribute<DllImportAttribute>()!;
        Assert.Multiple(() =>
        {
            Assert.That(types.Where(t => !IsBlittable(t)), Is.Empty);
            Assert.That(import.SetLastError, Is.False);
            Assert.That(import.ExactSpelling, Is.True);
            Assert.That(import.Value, Is.EqualTo(NativeMethods.LibraryName));
        });
    }

    [Test]
    public void The_assembly_forbids_marshalling() =>
        Assert.That(typeof(NativeMethods).Assembly.GetCustomAttribute<DisableRuntimeMarshallingAttribute>(), Is.Not.Null);

    [Test]
    public void The_assembly_shows_nothing() => Assert.That(typeof(NativeMethods).Assembly.GetExportedTypes(), Is.Empty);

    private static bool IsBlittable(Type type) =>
        type.IsPointer || type.IsFunctionPointer || type == typeof(void) || type == typeof(int) || type == typeof(uint)
        || type == typeof(long) || type == typeof(ulong) || type == typeof(float) || type == typeof(double);
}
