namespace Pinion.Build;

/// <summary>The suite in its quick form, the watched ratios and BenchmarkDotNet's benchmarks, in one summary: artifacts/bench/summary.json.</summary>
internal static class Bench
{
    public static void Run()
    {
        var variant = new NativeVariant();
        Native.Build(variant, tests: false, bench: true);
        string output = Directory.CreateDirectory(Path.Combine(Repository.Artifacts, "bench")).FullName;
        var environment = new Dictionary<string, string>
        {
            ["ONNXRUNTIME_ROOT"] = Fetch.OnnxRuntime(),
            ["PINION_TEST_MODELS"] = Fetch.OcrModels() ?? throw new BuildException("the benchmarks need the PaddleOCR models.", BuildException.Unavailable),
            ["PINION_NATIVE_DIR"] = Repository.NativeLibraries,
            ["PINION_NATIVE_BENCH"] = Path.Combine(variant.BuildFolder, "bench", "native"),
            ["PINION_TEST_CLI"] = Repository.Cli,
            ["PINION_EMPTY_PROGRAM"] = PublishEmptyProgram(Path.Combine(output, "empty")),
        };
        string suite = Path.Combine(output, "suite");
        if (Directory.Exists(suite))
        {
            Directory.Delete(suite, recursive: true);
        }

        Tool.Run(Repository.Cli, ["suite", "--quick", "--delete-engines", "-o", suite], null, environment);
        Tool.Run(
            "dotnet", ["run", "--project", "bench/Pinion.Benchmarks", "-c", "Release", "--", "summary", "--output", output, "--suite", suite], null, environment);
        Console.WriteLine($"all of it: {Relative(output, "summary.json")}; the zoo's latencies: {Relative(suite, "report.html")}");
    }

    private static string Relative(string folder, string file) => Path.GetRelativePath(Repository.Root, Path.Combine(folder, file));

    /// <summary>What the start of the command line is compared with, published as <see cref="Managed.Build"/> does it.</summary>
    private static string PublishEmptyProgram(string folder)
    {
        Tool.Run(
            "dotnet",
            ["publish", "bench/Pinion.EmptyProgram", "-c", "Release", "-r", Repository.Rid, "--self-contained", "false", "-o", folder, "-v", "quiet", "--nologo"]);
        return Path.Combine(folder, OperatingSystem.IsWindows() ? "empty.exe" : "empty");
    }
}
