using System.Globalization;
using CppSharp.AST;
using CppSharp.Generators;

namespace Pinion.Bindings.Generator;

/// <summary>Object-like macros with an integer value.</summary>
internal sealed class ConstantSources(BindingContext context, TranslationUnit unit, Stamp stamp)
    : RawSources(context, unit, stamp)
{
    protected override string Name => "Constants";

    protected override void WriteDeclarations(TranslationUnit unit)
    {
        WriteLine("internal static class NativeConstants");
        WriteOpenBraceAndIndent();
        foreach (MacroDefinition macro in unit.PreprocessedEntities.OfType<MacroDefinition>())
        {
            if (int.TryParse(macro.Expression, NumberStyles.None, CultureInfo.InvariantCulture, out int value))
            {
                WriteLine($"internal const int {macro.Name} = {value.ToString(CultureInfo.InvariantCulture)};");
            }
        }

        UnindentAndWriteCloseBrace();
    }
}
