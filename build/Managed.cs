using System.Xml.Linq;

namespace Pinion.Build;

/// <summary>The .NET side: build, publish the CLI, test, pack.</summary>
internal static class Managed
{
    public const string Solution = "Pinion.slnx";

    private static readonly string[] ChromiumNames = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

    public static void Build()
    {
        Fetch.ChartLibrary();
        Tool.Run("dotnet", ["build", Solution, "-c", "Release", "-v", "quiet", "--nologo"]);
    }

    /// <summary>Leaves the CLI at artifacts/bin/pinion, compiled ahead of time for a quick start.</summary>
    public static void PublishCli()
    {
        string folder = Path.GetDirectoryName(Repository.Cli)!;
        Tool.Run(
            "dotnet",
            ["publish", "src/Pinion.Cli", "-c", "Release", "-r", Repository.Rid, "--self-contained", "false", "-o", folder, "-v", "quiet", "--nologo"]);
        Console.WriteLine($"built {Path.GetRelativePath(Repository.Root, Repository.Cli)}");
    }

    public static TestCount Test(string[] more)
    {
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
            ["test", Solution, "-c", "Release", "--no-build", "--nologo", "--logger", "trx", "--results-directory", results, .. more],
            Repository.Root,
            environment,
            line => count = count.AddDotnetLine(line));
        PrintSkips(results);
        return code != 0 && count.Failed == 0 ? count with { Failed = 1 } : count;
    }

    /// <summary>The console names the tests that were skipped; why is in the result files alone.</summary>
    private static void PrintSkips(string results)
    {
        if (!Directory.Exists(results))
        {
            return;
        }

        XNamespace ns = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
        var reasons = Directory.GetFiles(results, "*.trx")
            .SelectMany(file => XDocument.Load(file).Descendants(ns + "UnitTestResult"))
            .Where(r => (string?)r.Attribute("outcome") == "NotExecuted")
            .GroupBy(r => r.Descendants(ns + "Message").FirstOrDefault()?.Value.Trim() ?? "no reason given");
        foreach (var reason in reasons)
        {
            Console.WriteLine($"skipped {reason.Count()}: {reason.Key}");
        }
    }

    public static void Pack()
    {
        string folder = Path.Combine(Repository.Artifacts, "packages");
        foreach (string project in new[] { "src/Pinion", "src/Pinion.Onnx", "src/Pinion.Zoo", "src/Pinion.Benchmarking", "src/Pinion.Hosting", "src/Pinion.Triton", "src/Pinion.Serving" })
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

        foreach (string package in Directory.GetFiles(folder, "*.nupkg").Order())
        {
            Console.WriteLine($"packed {Path.GetRelativePath(Repository.Root, package)} ({new FileInfo(package).Length / 1024:N0} KiB)");
        }
    }
}
