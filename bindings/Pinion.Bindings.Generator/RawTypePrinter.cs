using CppSharp.AST;
using CppSharp.AST.Extensions;
using CppSharp.Generators;
using CppSharp.Generators.CSharp;
using Type = CppSharp.AST.Type;

namespace Pinion.Bindings.Generator;

/// <summary>
/// Prints C types as blittable C# types, so that no call needs a marshalling stub: pointers stay typed pointers (also to
/// opaque handles, which keeps one handle type from passing as another), char is byte, callbacks are function pointers.
/// </summary>
internal sealed class RawTypePrinter(BindingContext context) : CSharpTypePrinter(context)
{
    public string Print(QualifiedType type) => type.Type.Visit(this, type.Qualifiers).ToString();

    /// <summary>A field with its name; C arrays become fixed buffers.</summary>
    public string PrintField(QualifiedType type, string name)
    {
        if (type.Type.Desugar() is not ArrayType array)
        {
            return $"{Print(type)} {name}";
        }

        if (array.SizeType != ArrayType.ArraySize.Constant || array.Type.Desugar() is not BuiltinType)
        {
            throw new TranslationException($"field {name}: only arrays of fixed size of a primitive type are blittable.");
        }

        return $"fixed {Print(array.QualifiedType)} {name}[{array.Size}]";
    }

    public override TypePrinterResult VisitPointerType(PointerType pointer, TypeQualifiers quals)
    {
        Type pointee = pointer.Pointee.Desugar();
        return pointee is FunctionType ? pointee.Visit(this) : $"{pointer.QualifiedPointee.Type.Visit(this)}*";
    }

    public override TypePrinterResult VisitFunctionType(FunctionType function, TypeQualifiers quals)
    {
        IEnumerable<string> types = function.Parameters.Select(p => Print(p.QualifiedType))
            .Append(Print(function.ReturnType));
        return $"delegate* unmanaged[Cdecl]<{string.Join(", ", types)}>";
    }

    public override TypePrinterResult VisitTypedefType(TypedefType typedef, TypeQualifiers quals) =>
        typedef.Declaration.Name switch
        {
            "int8_t" => "sbyte",
            "uint8_t" => "byte",
            "int16_t" => "short",
            "uint16_t" => "ushort",
            "int32_t" => "int",
            "uint32_t" => "uint",
            "int64_t" => "long",
            "uint64_t" => "ulong",
            _ => typedef.Declaration.Type.Visit(this),
        };

    public override TypePrinterResult VisitTagType(TagType tag, TypeQualifiers quals) => tag.Declaration.Name;

    public override TypePrinterResult VisitBuiltinType(BuiltinType builtin, TypeQualifiers quals) =>
        VisitPrimitiveType(builtin.Type, quals);

    public override TypePrinterResult VisitPrimitiveType(PrimitiveType primitive, TypeQualifiers quals) => primitive switch
    {
        // char is text in UTF-8 here, never a number.
        PrimitiveType.Char => "byte",
        PrimitiveType.Void => "void",
        PrimitiveType.Float => "float",
        PrimitiveType.Double => "double",
        _ => throw new TranslationException($"{primitive} is not the same everywhere: use a type of stdint.h."),
    };

    public override TypePrinterResult VisitArrayType(ArrayType array, TypeQualifiers quals) =>
        throw new TranslationException("an array outside a struct: pass a pointer.");
}
