using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace Pinion.Build;

/// <summary>The .NET side: build, publish the CLI, test, pack.</summary>
internal static class Managed
{
    public const string Solution = "Pinion.slnx";

    private static readonly string[] ChromiumNames = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

    private static readonly string[] LongestFirst = ["Pinion.Differential.Tests", "Pinion.Cli.Tests", "Pinion.Zoo.Tests", "Pinion.Benchmarking.Tests", "Pinion.Tests"];

    private static string Stamp => Path.Combine(Repository.Artifacts, "dotnet", "built");

    /// <summary>The solution, and the CLI at artifacts/bin/pinion. Does nothing where nothing has changed: asking MSBuild would take half a minute.</summary>
    public static void Build()
    {
        Fetch.ChartLibrary();
        string inputs = Inputs();
        if (File.Exists(Repository.Cli) && File.Exists(Stamp) && File.ReadAllText(Stamp) == inputs)
        {
            Console.WriteLine("managed: up to date");
            return;
        }

        File.Delete(Stamp);
        Tool.Run("dotnet", ["build", Solution, "-c", "Release", "-v", "quiet", "--nologo"]);
        PublishCli();
        File.WriteAllText(Stamp, inputs);
    }

    /// <summary>A hash over path, size and time of every file that the build reads, the native libraries among them.</summary>
    private static string Inputs()
    {
        IOrderedEnumerable<string> files = new[] { "bench", "bindings", "src", "tests" }.Select(folder => Path.Combine(Repository.Root, folder))
            .Concat([Repository.NativeLibraries, Repository.Web])
            .Where(Directory.Exists)
            .SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
            .Concat(new DirectoryInfo(Repository.Root).EnumerateFiles())
            .Select(file => $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}")
            .Order(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', files))));
    }

    /// <summary>Compiled ahead of time, for a quick start.</summary>
    private static void PublishCli()
    {
        string folder = Path.GetDirectoryName(Repository.Cli)!;
        Tool.Run(
            "dotnet",
            ["publish", "src/Pinion.Cli", "-c", "Release", "-r", Repository.Rid, "--self-contained", "false", "-o", folder, "-v", "quiet", "--nologo"]);
        Console.WriteLine($"built {Path.GetRelativePath(Repository.Root, Repository.Cli)}");
    }

    /// <summary>The CLI as one native program that needs no .NET.</summary>
    public static string PublishNativeCli()
    {
        string folder = Path.Combine(Repository.Artifacts, "native-cli");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Tool.Run("dotnet", ["publish", "src/Pinion.Cli", "-c", "Release", "-r", Repository.Rid, "-p:PinionNativeAot=true", "-o", folder, "-v", "quiet", "--nologo"]);
        return Path.Combine(folder, "pinion");
    }

    /// <summary>Runs the tests that match the filter; those of category Large, which take minutes, only where all are asked for, and those of TensorRT for RTX
    /// in their own lane.</summary>
    public static TestCount Test(string? filter, bool all) => Run(TestAssemblies(), [filter is null ? null : $"({filter})", "TestCategory!=Rtx", "TestCategory!=CompilesKernels", "TestCategory!=StandIn", all ? null : "TestCategory!=Large"]);

    /// <summary>The tests of TensorRT for RTX, and those of building that hold for every SDK.</summary>
    public static TestCount TestRtx(bool all) => Run(
        TestAssemblies().Where(a => Path.GetFileNameWithoutExtension(a) is "Pinion.Tests" or "Pinion.Zoo.Tests" or "Pinion.Cli.Tests" or "Pinion.Differential.Tests"),
        ["(TestCategory=Rtx|TestCategory=Builds)", all ? null : "TestCategory!=Large"],
        ("PINION_SDK", "rtx"));

    /// <summary>Those of kernels that are compiled where they run, on the host SDK at a level that does so.</summary>
    public static TestCount TestCompiledKernels(NativeVariant variant) => Run(
        TestAssemblies().Where(a => Path.GetFileNameWithoutExtension(a) == "Pinion.Tests"),
        ["TestCategory=CompilesKernels"],
        ("PINION_NATIVE_DIR", Path.Combine(variant.BuildFolder, "native", "src")),
        ("PINION_SDK", "host"),
        ("PINION_HOST_CUDA_SM", "86"));

    /// <summary>What users see of the SDK nvidia where a library of NVIDIA's is missing, or of another version.</summary>
    public static TestCount TestStandIns(IEnumerable<StandIn> standIns) => Run(
        TestAssemblies().Where(a => Path.GetFileNameWithoutExtension(a) == "Pinion.Cli.Tests"), ["TestCategory=StandIn"],
        ("PINION_TEST_STANDIN", string.Join(Path.PathSeparator, standIns.Select(s => s.Folder))));

    public static void FuzzDifferential(string minutes, string seed) => Tool.Run(
        "dotnet",
        [TestAssemblies().Single(a => Path.GetFileNameWithoutExtension(a) == "Pinion.Differential.Tests"), "fuzz", minutes, seed, Path.Combine(Repository.Artifacts, "fuzz")]);

    private static TestCount Run(IEnumerable<string> assemblies, string?[] filters, params (string Name, string Value)[] variables)
    {
        string wanted = string.Join('&', filters.OfType<string>());
        TestCount count = new(0, 0, 0);
        string results = Path.Combine(Repository.Artifacts, "test-results");
        if (Directory.Exists(results))
        {
            Directory.Delete(results, recursive: true);
        }

        var environment = new Dictionary<string, string>
        {
            ["PINION_NATIVE_DIR"] = Repository.NativeLibraries,
            ["PINION_TEST_CLI"] = Repository.Cli,
        };
        foreach ((string name, string value) in variables)
        {
            environment[name] = value;
        }

        if (Fetch.OcrModels() is { } models)
        {
            environment["PINION_TEST_MODELS"] = models;
        }

        if (Environment.GetEnvironmentVariable("PINION_TEST_CHROMIUM") is not { Length: > 0 })
        {
            if (ChromiumNames.Select(Tool.Find).FirstOrDefault(path => path is not null) is { } chromium)
            {
                environment["PINION_TEST_CHROMIUM"] = chromium;
            }
            else
            {
                Console.WriteLine($"browser tests: SKIPPED, Chromium is not installed ({Tool.InstallHint("chromium")}) and PINION_TEST_CHROMIUM names none");
            }
        }

        int code = Tool.Exec(
            "dotnet",
            [
                "test", .. assemblies, "--nologo", "--logger", "trx", "--results-directory", results, .. wanted.Length > 0 ? ["--filter", wanted] : Array.Empty<string>(),
                "--", $"RunConfiguration.MaxCpuCount={Environment.ProcessorCount}",
            ],
            Repository.Root,
            environment,
            line => count = count.AddDotnetLine(line));
        PrintSkips(results);
        return code != 0 && count.Failed == 0 ? count with { Failed = 1 } : count;
    }

    /// <summary>The longest first, so that none of them runs alone at the end.</summary>
    private static IEnumerable<string> TestAssemblies() =>
        Directory.GetDirectories(Path.Combine(Repository.Root, "tests"), "*.Tests").Select(project => Path.GetFileName(project)!)
            .OrderBy(name => Array.IndexOf(LongestFirst, name) is var place and >= 0 ? place : LongestFirst.Length).ThenBy(name => name, StringComparer.Ordinal)
            .Select(name => Path.Combine(Repository.Artifacts, "dotnet", "bin", name, "release", $"{name}.dll"));

    /// <summary>The console names the tests that were skipped; why is in the result files alone.</summary>
    private static void PrintSkips(string results)
    {
        if (!Directory.Exists(results))
        {
            return;
        }

        XNamespace ns = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
        IEnumerable<IGrouping<string, XElement>> reasons = Directory.GetFiles(results, "*.trx")
            .SelectMany(file => XDocument.Load(file).Descendants(ns + "UnitTestResult"))
            .Where(r => (string?)r.Attribute("outcome") == "NotExecuted")
            .GroupBy(r => r.Descendants(ns + "Message").FirstOrDefault()?.Value.Trim() ?? "no reason given");
        foreach (IGrouping<string, XElement> reason in reasons)
        {
            Console.WriteLine($"skipped {reason.Count()}: {reason.Key}");
        }
    }

    public static void Pack()
    {
        string folder = Path.Combine(Repository.Artifacts, "packages");
        foreach (string project in new[] { "src/Pinion", "src/Pinion.Onnx", "src/Pinion.Zoo", "src/Pinion.Vision", "src/Pinion.Benchmarking", "src/Pinion.Fp16", "src/Pinion.Hosting", "src/Pinion.Triton", "src/Pinion.Serving" })
        {
            Tool.Run("dotnet", ["pack", project, "-c", "Release", "-o", folder, "-v", "quiet", "--nologo"]);
        }

        foreach (string sdk in new[] { "host", "cuda", "nvidia" })
        {
            if (Directory.Exists(Repository.NativeLibraries) && Directory.EnumerateFiles(Repository.NativeLibraries, $"*pinion_{sdk}.*").Any())
            {
                Tool.Run(
                    "dotnet",
                    ["pack", "src/Pinion.Runtime", "-c", "Release", "-o", folder, "-v", "quiet", "--nologo", $"-p:PinionSdk={sdk}", $"-p:PinionRid={Repository.Rid}"]);
            }
        }

        foreach (string package in Directory.GetFiles(folder, "*.*nupkg").Order())
        {
            Console.WriteLine($"packed {Path.GetRelativePath(Repository.Root, package)} ({new FileInfo(package).Length / 1024:N0} KiB)");
        }
    }
}
