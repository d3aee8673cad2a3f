using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Pinion.Bindings.Generator;

/// <summary>Turns the C header into the raw half of Pinion.Bindings.</summary>
internal static class Program
{
    // From the root of the repository.
    private const string DefaultHeader = "native/include/pinion/pinion.h";
    private const string DefaultOutput = "bindings/Pinion.Bindings/Generated";

    private static int Main(string[] args)
    {
        if (args.Length is not (0 or 2))
        {
            Console.Error.WriteLine($"usage: Pinion.Bindings.Generator [HEADER OUTPUT_FOLDER]   ({DefaultHeader} {DefaultOutput})");
            return 2;
        }

        string header = Path.GetFullPath(args.Length > 0 ? args[0] : DefaultHeader);
        string output = Path.GetFullPath(args.Length > 0 ? args[1] : DefaultOutput);
        if (!File.Exists(header))
        {
            Console.Error.WriteLine($"{header} does not exist.");
            return 1;
        }

        try
        {
            var stamp = new Stamp(Path.GetFileName(header), HashOf(header), ToolVersion());
            IReadOnlyList<GeneratedFile> files = HeaderTranslator.Translate(header, stamp);
            Write(files, output);
            return 0;
        }
        catch (TranslationException e)
        {
            Console.Error.WriteLine($"{header}: {e.Message}");
            return 1;
        }
    }

    private static string ToolVersion() =>
        typeof(Program).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(a => a.Key == "CppSharpVersion").Value!;

    /// <summary>Hash of the text with '\n' endings, so that a checkout with other line endings gives the same.</summary>
    private static string HashOf(string header)
    {
        string text = File.ReadAllText(header).ReplaceLineEndings("\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static void Write(IReadOnlyList<GeneratedFile> files, string output)
    {
        Directory.CreateDirectory(output);
        var names = files.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string stale in Directory.GetFiles(output, "*.g.cs").Where(p => !names.Contains(Path.GetFileName(p))))
        {
            File.Delete(stale);
        }

        foreach (GeneratedFile file in files)
        {
            File.WriteAllText(Path.Combine(output, file.Name), file.Text, new UTF8Encoding(false));
            Console.WriteLine(file.Name);
        }
    }
}
