using System.Reflection;
using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace Pinion.Tests;

/// <summary>src/Pinion calls the native layer through Pinion.Bindings alone, and shows nothing of it.</summary>
public sealed class PublicSurfaceTests
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Library = typeof(Engine).Assembly;

    [Test]
    public void The_library_declares_no_extern()
    {
        IEnumerable<MethodInfo> externs = Library.GetTypes().SelectMany(t => t.GetMethods(All))
            .Where(m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl) || m.GetCustomAttribute<DllImportAttribute>() is not null);

        Assert.That(externs.Select(m => $"{m.DeclaringType}.{m.Name}"), Is.Empty);
    }

    [Test]
    public void No_public_signature_shows_a_raw_type()
    {
        var shown = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Type type in Library.GetExportedTypes())
        {
            foreach ((MemberInfo member, Type used) in TypesOf(type))
            {
                foreach (Type part in Flatten(used))
                {
                    if (part.IsPointer || part.IsFunctionPointer || part.Namespace == "Pinion.Bindings" || typeof(SafeHandle).IsAssignableFrom(part))
                    {
                        shown.Add($"{type.Name}.{member.Name}: {part}");
                    }
                }
            }
        }

        Assert.That(shown, Is.Empty);
    }

    [Test]
    public void The_bindings_show_nothing_at_all() =>
        Assert.That(Assembly.Load("Pinion.Bindings").GetExportedTypes().Select(t => t.FullName), Is.Empty);

    [Test]
    public void Every_public_member_is_documented()
    {
        string path = Path.ChangeExtension(Library.Location, ".xml");
        var documented = XDocument.Load(path).Descendants("member").Select(m => (string)m.Attribute("name")!).ToHashSet();
        IEnumerable<string> types = Library.GetExportedTypes().Select(t => $"T:{t.FullName}");

        // Missing comments on members fail the build (CS1591); a missing file would hide that.
        Assert.That(types, Is.SubsetOf(documented));
    }

    [Test]
    public void Options_are_records()
    {
        IEnumerable<Type> options = Library.GetExportedTypes().Where(t => t.Name.EndsWith("Options", StringComparison.Ordinal));

        Assert.That(options.Select(o => o.Name), Has.Some.EqualTo(nameof(SessionOptions)));
        foreach (Type option in options)
        {
            Assert.That(option.GetMethod("<Clone>$"), Is.Not.Null, option.Name);
            Assert.That(option.GetProperties().Where(p => p.SetMethod is { } set
                && !set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit))), Is.Empty, option.Name);
        }
    }

    private static IEnumerable<(MemberInfo Member, Type Type)> TypesOf(Type type)
    {
        if (type.BaseType is { } parent)
        {
            yield return (type, parent);
        }

        foreach (Type contract in type.GetInterfaces())
        {
            yield return (type, contract);
        }

        foreach (MemberInfo member in type.GetMembers(All))
        {
            switch (member)
            {
                case MethodBase { IsPublic: true } or MethodBase { IsFamily: true }:
                    var method = (MethodBase)member;
                    foreach (ParameterInfo parameter in method.GetParameters())
                    {
                        yield return (member, parameter.ParameterType);
                    }

                    if (method is MethodInfo { ReturnType: var result })
                    {
                        yield return (member, result);
                    }

                    break;
                case FieldInfo { IsPublic: true } field:
                    yield return (member, field.FieldType);
                    break;
            }
        }
    }

    private static IEnumerable<Type> Flatten(Type type)
    {
        yield return type;
        IEnumerable<Type> parts = type.IsGenericType ? type.GetGenericArguments() : [];
        if (type.HasElementType)
        {
            parts = parts.Append(type.GetElementType()!);
        }

        foreach (Type part in parts.SelectMany(Flatten))
        {
            yield return part;
        }
    }
}
