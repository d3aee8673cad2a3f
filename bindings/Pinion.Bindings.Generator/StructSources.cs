using CppSharp;
using CppSharp.AST;
using CppSharp.Generators;

namespace Pinion.Bindings.Generator;

/// <summary>Structs with C's layout; an opaque handle is an empty struct that exists only behind a pointer.</summary>
internal sealed class StructSources(BindingContext context, TranslationUnit unit, Stamp stamp)
    : RawSources(context, unit, stamp)
{
    protected override string Name => "Structs";

    public override void GenerateUsings()
    {
        WriteLine("using System.Runtime.InteropServices;");
        NewLine();
    }

    protected override void WriteDeclarations(TranslationUnit unit)
    {
        foreach (Class @class in unit.Classes)
        {
            @class.Visit(this);
        }
    }

    public override bool VisitClassDecl(Class @class)
    {
        if (@class.IsUnion)
        {
            throw new TranslationException($"{@class.Name} is a union.");
        }

        PushBlock(BlockKind.Class);
        if (@class.IsIncomplete)
        {
            WriteLine($"internal readonly struct {@class.Name}");
            WriteOpenBraceAndIndent();
        }
        else
        {
            WriteLine($"[StructLayout(LayoutKind.Sequential, Size = {@class.Layout.Size})]");
            WriteLine($"internal unsafe struct {@class.Name}");
            WriteOpenBraceAndIndent();
            foreach (LayoutField field in @class.Layout.Fields)
            {
                string name = SafeIdentifier(field.Name);
                WriteLine($"internal {Types.PrintField(field.QualifiedType, name)};");
            }
        }

        UnindentAndWriteCloseBrace();
        PopBlock(NewLineKind.BeforeNextBlock);
        return true;
    }
}
