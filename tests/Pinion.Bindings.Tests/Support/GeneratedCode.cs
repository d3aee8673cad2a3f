using System.Reflection;
using System.Runtime.InteropServices;

namespace Pinion.Bindings.Tests;

/// <summary>What the generator wrote, as files and as compiled types.</summary>
internal static class GeneratedCode
{
    internal static string Folder => Repository.PathOf("bindings", "Pinion.Bindings", "Generated");

    internal static string Header => Repository.PathOf("native", "include", "pinion", "pinion.h");

    internal static IEnumerable<string> Files => Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    internal static IEnumerable<MethodInfo> Externs => typeof(NativeMethods)
        .GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        .Where(m => m.GetCustomAttribute<DllImportAttribute>() is not null);

    /// <summary>Structs with fields; an opaque handle has none.</summary>
    internal static IEnumerable<Type> Structs => typeof(NativeMethods).Assembly.GetTypes()
        .Where(t => t.IsValueType && !t.IsEnum && t.Name.StartsWith("pn_", StringComparison.Ordinal) && Fields(t).Length > 0);

    /// <summary>In the order of the declaration, which is the order of the metadata.</summary>
    internal static FieldInfo[] Fields(Type type) =>
        [.. type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).OrderBy(f => f.MetadataToken)];
}
