using CppSharp;
using CppSharp.AST;
using CppSharp.Generators;
using CppSharp.Parser;
using CppSharp.Passes;

namespace Pinion.Bindings.Generator;

/// <summary>Parses the header with CppSharp and runs the raw source writers over its syntax tree.</summary>
internal static class HeaderTranslator
{
    public const string LibraryName = "pinion";
    public const string Namespace = "Pinion.Bindings";

    public static IReadOnlyList<GeneratedFile> Translate(string header, Stamp stamp)
    {
        var options = new DriverOptions
        {
            GeneratorKind = GeneratorKind.CSharp,
            OutputNewLineType = NewLineType.LF,
            Quiet = true,
        };
        Module module = options.AddModule(LibraryName);
        module.OutputNamespace = Namespace;
        module.IncludeDirs.Add(Path.GetDirectoryName(header)!);
        module.Headers.Add(Path.GetFileName(header));

        using var driver = new Driver(options);
        Configure(driver.ParserOptions);
        driver.Setup();
        if (!driver.ParseCode())
        {
            throw new TranslationException("CppSharp could not parse it; its messages are above.");
        }

        TranslationUnit unit = driver.Context.ASTContext.TranslationUnits
            .Single(u => u.FileName == Path.GetFileName(header));
        unit.Module = module;

        // CppSharp's other passes shape its wrapper classes (renaming, properties, strings). The raw bindings keep the
        // C names and need only forward declarations resolved.
        driver.Context.TranslationUnitPasses.Passes.Clear();
        driver.Context.TranslationUnitPasses.AddPass(new ResolveIncompleteDeclsPass());
        driver.SetupTypeMaps();
        driver.SetupDeclMaps();
        driver.ProcessCode();

        RawSources[] sources =
        [
            new ConstantSources(driver.Context, unit, stamp),
            new EnumSources(driver.Context, unit, stamp),
            new StructSources(driver.Context, unit, stamp),
            new FunctionSources(driver.Context, unit, stamp),
        ];
        foreach (RawSources source in sources)
        {
            source.Process();
        }

        return [.. sources.Select(s => new GeneratedFile(s.FilePath, s.Generate().TrimEnd('\n') + "\n"))];
    }

    /// <summary>
    /// One fixed target and only the compiler's own freestanding headers: the output is the same on every machine, and
    /// fixed-width types have the same size and alignment on every 64-bit platform that Pinion runs on.
    /// </summary>
    private static void Configure(ParserOptions parser)
    {
        parser.LanguageVersion = LanguageVersion.C99;
        parser.TargetTriple = "x86_64-unknown-linux-gnu";
        parser.MicrosoftMode = false;
        parser.NoBuiltinIncludes = true;
        parser.NoStandardIncludes = true;
        parser.SkipPrivateDeclarations = true;
        parser.AddArguments("-ffreestanding");
        parser.AddSystemIncludeDirs(parser.BuiltinsDir);
    }
}
