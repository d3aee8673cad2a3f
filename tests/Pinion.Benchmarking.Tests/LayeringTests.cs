using System.Reflection;
using System.Xml.Linq;

namespace Pinion.Benchmarking.Tests;

/// <summary>The library stands on Pinion and on what reads ONNX files, and shows nothing of a terminal.</summary>
public sealed class LayeringTests
{
    private static readonly Assembly Library = typeof(Suite).Assembly;

    [Test]
    public void It_stands_on_pinion_and_the_onnx_reader_alone() =>
        Assert.That(
            Library.GetReferencedAssemblies().Select(a => a.Name!).Where(n => !n.StartsWith("System.", StringComparison.Ordinal) && n != "Microsoft.Win32.Primitives"),
            Is.EquivalentTo(["Pinion", "Pinion.Onnx"]));

    [Test]
    public void Its_public_types_are_in_its_namespace_and_documented()
    {
        var documented = XDocument.Load(Path.ChangeExtension(Library.Location, ".xml")).Descendants("member").Select(m => (string)m.Attribute("name")!).ToHashSet();
        Assert.That(Library.GetExportedTypes().Select(t => t.Namespace), Is.All.EqualTo("Pinion.Benchmarking"));
        Assert.That(Library.GetExportedTypes().Select(t => $"T:{t.FullName}"), Is.SubsetOf(documented));
    }

    [Test]
    public void Its_exceptions_have_one_base()
    {
        Type[] exceptions = [.. Library.GetExportedTypes().Where(t => t.IsSubclassOf(typeof(Exception)))];
        Assert.That(exceptions, Does.Contain(typeof(BenchmarkException)));
        Assert.That(exceptions.Where(t => !typeof(BenchmarkException).IsAssignableFrom(t)), Is.Empty);
    }
}
