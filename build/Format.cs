using System.Collections.Concurrent;

namespace Pinion.Build;

/// <summary>clang-format and dotnet format; when checking, clang-tidy too.</summary>
internal static class Format
{
    public static void Run(bool check, Options options)
    {
        options.RejectOthers();
        string[] sources = [.. new[] { "native", "tests/native", "bench/native" }
            .Select(f => Path.Combine(Repository.Root, f))
            .Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories))
            .Where(f => Path.GetExtension(f) is ".h" or ".cpp")
            .Order(StringComparer.Ordinal)];
        (string clangFormat, Dictionary<string, string>? environment) = Fetch.ClangTool("clang-format");
        string[] mode = check ? ["--dry-run", "-Werror"] : ["-i"];
        Tool.Run(clangFormat, [.. mode, .. sources], null, environment);
        Console.WriteLine($"clang-format: {sources.Length} files {(check ? "unchanged" : "formatted")}");

        Tool.Run("dotnet", ["format", Managed.Solution, .. check ? ["--verify-no-changes"] : Array.Empty<string>()]);
        Console.WriteLine($"dotnet format: {(check ? "no change" : "done")}");
        if (check)
        {
            Tidy();
        }
    }

    private static void Tidy()
    {
        var variant = new NativeVariant();
        Native.Build(variant, tests: false);
        (string clangTidy, Dictionary<string, string>? environment) = Fetch.ClangTool("clang-tidy");
        string[] sources = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "native", "src"), "*.cpp").Order(StringComparer.Ordinal)];
        var unclean = new ConcurrentBag<string>();
        Parallel.ForEach(sources, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, file =>
        {
            try
            {
                Tool.RunQuiet(clangTidy, ["--quiet", "-p", variant.BuildFolder, file], null, environment);
            }
            catch (BuildException)
            {
                unclean.Add(Path.GetRelativePath(Repository.Root, file));
            }
        });
        if (!unclean.IsEmpty)
        {
            throw new BuildException($"clang-tidy complains of {string.Join(", ", unclean.Order(StringComparer.Ordinal))}; its words are above.");
        }

        Console.WriteLine($"clang-tidy: {sources.Length} files clean");
    }
}
