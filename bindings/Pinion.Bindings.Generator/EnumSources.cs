using CppSharp;
using CppSharp.AST;
using CppSharp.Generators;

namespace Pinion.Bindings.Generator;

/// <summary>Enumerations, as internal enums of int with the C names.</summary>
internal sealed class EnumSources(BindingContext context, TranslationUnit unit, Stamp stamp)
    : RawSources(context, unit, stamp)
{
    protected override string Name => "Enums";

    protected override void WriteDeclarations(TranslationUnit unit)
    {
        foreach (Enumeration @enum in unit.Enums)
        {
            @enum.Visit(this);
        }
    }

    public override bool VisitEnumDecl(Enumeration @enum)
    {
        // C gives an enum without negative values an unsigned type; signatures carry all of them as int32_t.
        PushBlock(BlockKind.Enum);
        WriteLine($"internal enum {@enum.Name} : int");
        WriteOpenBraceAndIndent();
        foreach (Enumeration.Item item in @enum.Items)
        {
            WriteLine($"{item.Name} = {@enum.GetItemValueAsString(item)},");
        }

        UnindentAndWriteCloseBrace();
        PopBlock(NewLineKind.BeforeNextBlock);
        return true;
    }
}
