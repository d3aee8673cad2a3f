using System.Globalization;

namespace Pinion.Build;

/// <summary>Which native library to build: the SDK pair, the host TensorRT's API level, a sanitizer.</summary>
internal sealed record NativeVariant(string Sdk = "host", string TensorRt = NativeVariant.DefaultTensorRt, string Sanitize = "")
{
    public const string DefaultTensorRt = "8.6.1";

    /// <summary>The level of TensorRT for RTX.</summary>
    public const string RtxTensorRt = "rtx-1.6.1";

    /// <summary>API levels of the host TensorRT.</summary>
    public static readonly string[] TensorRtLevels = ["8.0.3", "8.6.1", "10.4.0", "11.1.0", RtxTensorRt];

    /// <summary>The variant whose library the managed side uses.</summary>
    public bool IsInstalled => TensorRt == DefaultTensorRt && Sanitize.Length == 0;

    public string BuildFolder => Path.Combine(
        Repository.Artifacts,
        "build",
        string.Join('-', new[] { Sdk, HasHostTensorRt ? TensorRt : "", Sanitize }.Where(p => p.Length > 0)));

    /// <summary>Whether it is TensorRT for RTX by ours, and so has tests from C# that the default level has not.</summary>
    public bool CompilesKernels => Sdk == "host" && TensorRt.StartsWith("rtx-", StringComparison.Ordinal) && Sanitize.Length == 0;

    /// <summary>Whether ONNX Runtime computes behind it, and the API level is ours to choose.</summary>
    public bool HasHostTensorRt => Sdk is "host" or "cuda";
}

/// <summary>The CMake side: configure, build, install into artifacts/native/lib, run CTest.</summary>
internal static class Native
{
    public static void Build(NativeVariant variant, bool tests, bool bench = false)
    {
        Tool.Require("cmake");
        if (!OperatingSystem.IsWindows())
        {
            Tool.Require("c++");
        }

        string onnxRuntime = variant.HasHostTensorRt ? Fetch.OnnxRuntime() : "";
        var configure = new List<string>
        {
            "-S", Repository.Root, "-B", variant.BuildFolder,
            $"-DPINION_TENSORRT={(variant.HasHostTensorRt ? "host" : variant.Sdk == "rtx" ? "rtx" : "system")}",
            $"-DPINION_CUDA={(variant.Sdk == "host" ? "host" : "system")}",
            $"-DPINION_HOST_TENSORRT_VERSION={variant.TensorRt}",
            $"-DPINION_SANITIZE={variant.Sanitize}",
            $"-DONNXRUNTIME_ROOT={onnxRuntime}",
            $"-DONNXRUNTIME_INCLUDE={(variant.HasHostTensorRt ? Fetch.OnnxRuntimeHeaders : "")}",
        };

        // Lanes that only test: compile time counts for more than speed. A sanitizer wants lines, and is slow without optimization.
        string[] buildType = variant.IsInstalled || OperatingSystem.IsWindows()
            ? ["-DCMAKE_BUILD_TYPE=Release"]
            : ["-DCMAKE_BUILD_TYPE=Debug", $"-DCMAKE_CXX_FLAGS_DEBUG={(variant.Sanitize.Length > 0 ? "-O1 -g1" : "-O0")}"];
        configure.AddRange(buildType);

        // Once on, tests and benchmarks stay on: switching back and forth would only cost configure time.
        if (tests)
        {
            configure.Add("-DPINION_BUILD_TESTS=ON");
        }

        if (bench)
        {
            configure.Add("-DPINION_BUILD_BENCH=ON");
        }

        BuildFolder.ForgetIfMoved(variant.BuildFolder);
        configure.AddRange(GeneratorOf(variant.BuildFolder));

        if (variant.Sdk == "rtx")
        {
            var rtx = TensorRtRtx.Find();
            configure.AddRange([$"-DPINION_TENSORRT_RTX_ROOT={rtx.Root}", $"-DPINION_CUDA_ROOT={rtx.Cuda}"]);
        }
        else if (variant.Sdk != "host")
        {
            configure.Add($"-DPINION_CUDA_ROOT={Fetch.Cuda()}");
        }

        if (variant.Sdk == "nvidia" && TensorRtRoot() is { } root)
        {
            configure.Add($"-DPINION_TENSORRT_ROOT={root}");
        }

        if (tests && Fetch.GoogleTest() is { } gtest)
        {
            configure.Add($"-DCMAKE_PREFIX_PATH={gtest}");
        }

        Console.WriteLine($"native: {Describe(variant)}");
        Tool.RunQuiet("cmake", configure);
        string[] target = tests || bench ? [] : ["--target", "pinion", "pinion_builder"];
        Tool.Run("cmake", ["--build", variant.BuildFolder, "--config", "Release", "--parallel", Environment.ProcessorCount.ToString(), .. target]);
        if (variant.IsInstalled)
        {
            Install(variant, onnxRuntime);
        }
    }

    /// <summary>The arguments that choose the generator of a folder at its first configuration; none later.</summary>
    public static string[] GeneratorOf(string folder)
    {
        if (OperatingSystem.IsWindows() || File.Exists(Path.Combine(folder, "build.ninja")) || File.Exists(Path.Combine(folder, "Makefile")))
        {
            return [];
        }

        // What an interrupted first configuration left would keep its choices.
        File.Delete(Path.Combine(Directory.CreateDirectory(folder).FullName, "CMakeCache.txt"));
        return Generator();
    }

    /// <summary>Ninja where it is, else make; a bare system has neither, and gets Ninja into the cache.</summary>
    private static string[] Generator() =>
        Tool.Find("ninja") is not null ? ["-G", "Ninja"]
        : Tool.Find("make") is not null ? ["-G", "Unix Makefiles"]
        : ["-G", "Ninja", $"-DCMAKE_MAKE_PROGRAM={Fetch.Ninja()}"];

    /// <summary>Where NVIDIA's TensorRT SDK is, or null when CMake has to look in the system's folders.</summary>
    public static string? TensorRtRoot() => Environment.GetEnvironmentVariable("PINION_TENSORRT_ROOT") is { Length: > 0 } root ? root : null;

    /// <summary>The SDKs that can be built here besides host: those whose headers are installed.</summary>
    public static IEnumerable<string> DetectedSdks()
    {
        string?[] roots = [TensorRtRoot(), "/usr", "/usr/local", "/usr/local/tensorrt"];
        string triple = Repository.Rid.EndsWith("arm64", StringComparison.Ordinal) ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
        bool tensorRt = roots.Any(r => r is not null
            && (File.Exists(Path.Combine(r, "include", "NvInfer.h")) || File.Exists(Path.Combine(r, "include", triple, "NvInfer.h"))));
        string?[] cudaRoots = [Environment.GetEnvironmentVariable("PINION_CUDA_ROOT"), "/usr/local/cuda", "/usr"];
        bool cuda = cudaRoots.Any(r => r is not null && File.Exists(Path.Combine(r, "include", "cuda_runtime_api.h")));
        if (tensorRt && cuda)
        {
            yield return "nvidia";
        }

        if (TensorRtRtx.Folder is not null)
        {
            yield return "rtx";
        }

        if (cuda)
        {
            yield return "cuda";
        }
    }

    /// <summary>Runs CTest and returns what it counted.</summary>
    public static TestCount Test(NativeVariant variant)
    {
        // The benchmarks too, so that they compile; once is enough.
        Build(variant, tests: true, bench: variant.IsInstalled && variant.Sdk == "host");
        var environment = new Dictionary<string, string>();
        if (variant.HasHostTensorRt)
        {
            environment["ONNXRUNTIME_ROOT"] = Fetch.OnnxRuntime();
        }

        if (Fetch.OcrModels() is { } models)
        {
            environment["PINION_TEST_MODELS"] = models;
        }

        if (variant.Sanitize.Length > 0)
        {
            string suppressions = Path.Combine(Repository.Root, "tests", "native");
            environment["TSAN_OPTIONS"] = $"suppressions={Path.Combine(suppressions, "tsan.supp")}:history_size=4:halt_on_error=1";
            environment["LSAN_OPTIONS"] = $"suppressions={Path.Combine(suppressions, "lsan.supp")}";
            environment["UBSAN_OPTIONS"] = "print_stacktrace=1";
        }

        if (variant.Sanitize == "thread")
        {
            // ONNX Runtime is not instrumented: within its thread pool the sanitizer sees races that are none, and can take minutes to
            // sort out a single large one.
            environment["PINION_HOST_THREADS"] = "1";
        }

        TestCount count = new(0, 0, 0);
        int code = Tool.Exec(
            "ctest",
            ["--test-dir", variant.BuildFolder, "--output-on-failure", "-C", "Release", "-j", Environment.ProcessorCount.ToString()],
            Repository.Root,
            environment,
            line => count = count.AddCTestLine(line),
            quiet: false);
        if (code != 0 && count.Failed == 0)
        {
            count = count with { Failed = 1 };
        }

        return count;
    }

    public static string Describe(NativeVariant v) =>
        $"{v.Sdk}{(v.HasHostTensorRt ? $", TensorRT API {v.TensorRt}" : "")}{(v.Sanitize.Length > 0 ? $", {v.Sanitize} sanitizer" : "")}";

    private static void Install(NativeVariant variant, string onnxRuntime)
    {
        Directory.CreateDirectory(Repository.NativeLibraries);
        string library = OperatingSystem.IsWindows() ? "pinion_{0}.dll" : OperatingSystem.IsMacOS() ? "libpinion_{0}.dylib" : "libpinion_{0}.so";
        CopyIfNewer(Built(variant, string.Format(CultureInfo.InvariantCulture, library, variant.Sdk)));
        CopyIfNewer(Built(variant, OperatingSystem.IsWindows() ? "pinion-builder.exe" : "pinion-builder"));
        if (onnxRuntime.Length > 0)
        {
            // Not the package's onnxruntime_providers_shared: it serves providers that we do not use.
            string onnxLibrary = OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime*.dylib" : "libonnxruntime.so*";
            foreach (string file in Directory.EnumerateFiles(onnxRuntime, onnxLibrary))
            {
                CopyIfNewer(file);
            }
        }
    }

    /// <summary>A file that the build left; some generators put it into a folder named by the configuration.</summary>
    private static string Built(NativeVariant variant, string file) =>
        Directory.EnumerateFiles(variant.BuildFolder, file, SearchOption.AllDirectories).MinBy(f => f.Length)
            ?? throw new BuildException($"the build left no {file} under {variant.BuildFolder}.");

    private static void CopyIfNewer(string file)
    {
        string target = Path.Combine(Repository.NativeLibraries, Path.GetFileName(file));
        if (!File.Exists(target) || File.GetLastWriteTimeUtc(target) != File.GetLastWriteTimeUtc(file) || new FileInfo(target).Length != new FileInfo(file).Length)
        {
            // Replaced by a rename: a process that has the old file mapped keeps it.
            string partial = target + ".partial";
            File.Copy(file, partial, overwrite: true);
            File.SetLastWriteTimeUtc(partial, File.GetLastWriteTimeUtc(file));
            File.Move(partial, target, overwrite: true);
        }
    }
}
