using CppSharp;
using CppSharp.AST;
using CppSharp.Generators;

namespace Pinion.Bindings.Generator;

/// <summary>The exports, as blittable externs under their C names.</summary>
internal sealed class FunctionSources(BindingContext context, TranslationUnit unit, Stamp stamp)
    : RawSources(context, unit, stamp)
{
    protected override string Name => "NativeMethods";

    public override void GenerateUsings()
    {
        WriteLine("using System.Runtime.InteropServices;");
        NewLine();
    }

    protected override void WriteDeclarations(TranslationUnit unit)
    {
        WriteLine("internal static unsafe partial class NativeMethods");
        WriteOpenBraceAndIndent();
        WriteLine($"internal const string LibraryName = \"{HeaderTranslator.LibraryName}\";");
        NewLine();
        foreach (Function function in unit.Functions)
        {
            function.Visit(this);
        }

        UnindentAndWriteCloseBrace();
    }

    public override bool VisitFunctionDecl(Function function)
    {
        if (function.CallingConvention != CallingConvention.C || function.IsVariadic)
        {
            throw new TranslationException($"{function.Name} is not a plain C function.");
        }

        IEnumerable<string> parameters = function.Parameters
            .Select(p => $"{Types.Print(p.QualifiedType)} {SafeIdentifier(p.Name)}");
        string returnType = Types.Print(function.ReturnType);

        PushBlock(BlockKind.InternalsClassMethod);
        WriteLine($"[DllImport(LibraryName, EntryPoint = \"{function.Mangled}\", " +
            "CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]");
        WriteLine($"internal static extern {returnType} {function.Name}({string.Join(", ", parameters)});");
        PopBlock(NewLineKind.BeforeNextBlock);
        return true;
    }
}
