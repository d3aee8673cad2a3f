namespace Pinion.Build;

/// <summary>The native benchmarks and their managed twins; the ratios land in artifacts/bench/summary.json.</summary>
internal static class Bench
{
    public static void Run()
    {
        var variant = new NativeVariant();
        Native.Build(variant, tests: false, bench: true);
        var environment = new Dictionary<string, string>
        {
            ["ONNXRUNTIME_ROOT"] = Fetch.OnnxRuntime(),
            ["PINION_TEST_MODELS"] = Fetch.OcrModels(),
            ["PINION_NATIVE_DIR"] = Repository.NativeLibraries,
            ["PINION_NATIVE_BENCH"] = Path.Combine(variant.BuildFolder, "bench", "native"),
            ["PINION_TEST_CLI"] = Repository.Cli,
        };
        string output = Directory.CreateDirectory(Path.Combine(Repository.Artifacts, "bench")).FullName;
        Tool.Run("dotnet", ["run", "--project", "bench/Pinion.Benchmarks", "-c", "Release", "--", "summary", "--output", output], null, environment);
        Console.WriteLine(File.ReadAllText(Path.Combine(output, "summary.json")));
    }
}
