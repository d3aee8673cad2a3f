using System.Globalization;

namespace Pinion.Build;

/// <summary>
/// Links the SDK <c>nvidia</c> against the official headers of one release and libraries that stand in for NVIDIA's: they have their names and
/// exactly the functions that native/src calls. In <see cref="Folder"/>, for tests that load it: <c>lib</c> has libpinion_nvidia and all that it needs.
/// </summary>
internal sealed record StandIn(string TensorRt, string Headers, string Cuda)
{
    /// <summary>One for each generation of CUDA and of TensorRT's API.</summary>
    private static readonly string[] Usual = ["8.6.1", "10.16"];

    private static readonly string[] All = ["8.6.1", "10.4.0", "10.16", "11.1"];

    public string Folder => Path.Combine(Repository.Artifacts, "standin", $"tensorrt-{TensorRt}");

    private string Library => Path.Combine(Folder, "lib");

    /// <exception cref="BuildException">With <see cref="BuildException.Unavailable"/> where no headers can be had.</exception>
    public static IReadOnlyList<StandIn> Find(string sdk, bool all)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BuildException("the stand-ins for NVIDIA's libraries are made on Linux alone.", BuildException.Unavailable);
        }

        string headers = HeadersIn(sdk);
        string[] releases = [.. (all ? All : Usual).Where(r => File.Exists(Path.Combine(headers, $"tensorrt-{r}", "NvInfer.h")))];
        if (releases.Length == 0)
        {
            throw new BuildException($"{headers} has no TensorRT headers: it is to hold tensorrt-{string.Join(", tensorrt-", Usual)}, each with NvInfer.h and the rest.", BuildException.Unavailable);
        }

        var found = new List<StandIn>();
        BuildException? unavailable = null;
        foreach (string release in releases)
        {
            try
            {
                string folder = Path.Combine(headers, $"tensorrt-{release}");
                found.Add(new StandIn(release, folder, CudaFor(sdk, folder)));
            }
            catch (BuildException e) when (e.ExitCode == BuildException.Unavailable)
            {
                Console.WriteLine($"left out TensorRT {release}: {e.Message}");
                unavailable = e;
            }
        }

        return found.Count > 0 ? found : throw unavailable!;
    }

    /// <summary>All official headers that a folder has, in the order of their names.</summary>
    /// <exception cref="BuildException">It has none.</exception>
    public static string[] HeaderFolders(string sdk)
    {
        string headers = HeadersIn(sdk);
        string[] folders = Directory.Exists(headers) ? [.. Directory.GetDirectories(headers).Where(d => File.Exists(Path.Combine(d, "NvInfer.h"))).Order(StringComparer.Ordinal)] : [];
        return folders.Length > 0 ? folders : throw new BuildException($"{headers} has no folder with NvInfer.h, such as tensorrt-{Usual[0]}.", BuildException.Unavailable);
    }

    /// <summary>The CUDA of a release's days: TensorRT to 10.4 knows 11.8, later releases and TensorRT for RTX come with 13, from the wheels.</summary>
    public static string CudaFor(string sdk, string headers)
    {
        string release = Path.GetFileName(headers);
        bool isOld = release.StartsWith("tensorrt-8.", StringComparison.Ordinal) || release is "tensorrt-10.0.1" or "tensorrt-10.4.0";
        return isOld ? Fetch.Cuda() : TensorRtRtx.UnpackCuda(Path.GetFullPath(sdk));
    }

    private static string HeadersIn(string sdk) => Path.Combine(Path.GetFullPath(sdk), "headers");

    public void Build()
    {
        (string version, string parser, int cuda) = ReadVersions();
        string major = version.Split('.')[0];
        string number = version.Split('.') is var p && int.Parse(p[0], CultureInfo.InvariantCulture) >= 10 ? $"({p[0]}*10000+{p[1]}*100+{p[2]})" : $"({p[0]}*1000+{p[1]}*100+{p[2]})";
        string runtime = cuda / 1000 == 11 ? "libcudart.so.11.0" : $"libcudart.so.{cuda / 1000}";
        string resource = $"libnvinfer_builder_resource.so.{version}";
        Console.WriteLine($"stand-in: TensorRT {version}, CUDA {cuda / 1000}.{cuda % 1000 / 10}");
        Directory.CreateDirectory(Library);
        string build = Path.Combine(Folder, "build");
        BuildFolder.ForgetIfMoved(build);
        Tool.RunQuiet("cmake",
        [
            "-S", Repository.Root, "-B", build, .. Native.GeneratorOf(build), "-DPINION_TENSORRT=system", "-DPINION_CUDA=system", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0",
            // As it is installed: found are libraries beside it, and those of the system.
            "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON",
            $"-DTENSORRT_INCLUDE_DIR={Headers}", $"-DCUDA_INCLUDE_DIR={Path.Combine(Cuda, "include")}", $"-DCUDA_LIBRARY={Path.Combine(Library, runtime)}",
            $"-DTENSORRT_LIBRARY={Path.Combine(Library, $"libnvinfer.so.{major}")}",
        ]);
        CMake(build, "pinion_core");
        string[] used = UndefinedSymbols(build);
        string[] runtimeSymbols = [.. used.Where(s => s.StartsWith("cuda", StringComparison.Ordinal))];
        RequireExported(runtimeSymbols, runtime);
        Compile(runtime, "CUDART", runtimeSymbols, $"STANDIN_CUDA={cuda}");
        Compile($"libnvinfer.so.{major}", "NVINFER", [.. used.Where(s => s.StartsWith("createInfer", StringComparison.Ordinal) || s.StartsWith("getInferLib", StringComparison.Ordinal) || s is "getPluginRegistry")],
            $"STANDIN_TENSORRT_VERSION={number}", $"STANDIN_RESOURCE_NAME=\"{resource}\"");
        Compile($"libnvonnxparser.so.{major}", "PARSER", ["createNvOnnxParser_INTERNAL", "getNvOnnxParserVersion"], $"STANDIN_PARSER_RELEASE={parser}");
        Compile($"libnvinfer_plugin.so.{major}", "PLUGIN", ["initLibNvInferPlugins"]);
        Compile(Path.Combine("..", "driver", "libcuda.so.1"), "DRIVER", ["cuInit", "cuDeviceGetCount"]);
        Compile(Path.Combine("..", "resource", resource), "RESOURCE", []);
        CMake(build, "pinion");
        File.Copy(Path.Combine(build, "native", "src", "libpinion_nvidia.so"), Path.Combine(Library, "libpinion_nvidia.so"), overwrite: true);
    }

    private static void CMake(string build, string target) => Tool.Run(
        "cmake", ["--build", build, "--target", target, "--parallel", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>The compiler resolves macros that are defined by other macros.</summary>
    private (string Version, string Parser, int Cuda) ReadVersions()
    {
        string source = Path.Combine(Directory.CreateDirectory(Folder).FullName, "versions.cpp");
        File.WriteAllText(source, """
            #include <NvInferVersion.h>
            #include <NvOnnxParser.h>
            #include <cuda_runtime_api.h>
            standin,NV_TENSORRT_MAJOR.NV_TENSORRT_MINOR.NV_TENSORRT_PATCH,NV_ONNX_PARSER_MAJOR*10000+NV_ONNX_PARSER_MINOR*100+NV_ONNX_PARSER_PATCH,CUDART_VERSION
            """);
        string last = Tool.Output("c++", ["-std=c++17", "-E", "-P", "-isystem", Headers, "-isystem", Path.Combine(Cuda, "include"), source]).TrimEnd().Split('\n')[^1];
        string[] parts = last.Replace(" ", "", StringComparison.Ordinal).Split(',');
        return (parts[1], parts[2], int.Parse(parts[3], CultureInfo.InvariantCulture));
    }

    private static string[] UndefinedSymbols(string build)
    {
        string objects = Path.Combine(build, "native", "src", "CMakeFiles", "pinion_core.dir");
        string symbols = Tool.Output("nm", ["--undefined-only", .. Directory.GetFiles(objects, "*.o")]);
        return [.. symbols.Split('\n').Select(s => s.Split(' ')[^1]).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>NVIDIA's own runtime, where it is at hand, exports what stands here in its place.</summary>
    private void RequireExported(string[] symbols, string library)
    {
        if (Directory.EnumerateFiles(Cuda, library, SearchOption.AllDirectories).FirstOrDefault() is not { } own)
        {
            return;
        }

        string exported = Tool.Output("nm", ["-D", "--defined-only", own]);
        string[] missing = [.. symbols.Where(s => !exported.Contains($" {s}@", StringComparison.Ordinal))];
        if (missing.Length > 0)
        {
            throw new BuildException($"{own} does not export {string.Join(", ", missing)}.");
        }
    }

    private void Compile(string file, string kind, string[] symbols, params string[] definitions)
    {
        string source = Path.Combine(Repository.Root, "tests", "native", "standin", "standin.c");
        string path = Path.GetFullPath(Path.Combine(Library, file));
        string name = Path.GetFileName(path);
        string work = Directory.CreateDirectory(Path.Combine(Folder, "symbols")).FullName;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // What is not written out is an alias of the function that only fails.
        string text = File.ReadAllText(source);
        IEnumerable<string> aliases = symbols.Where(s => !text.Contains($" {s}(", StringComparison.Ordinal) && !text.Contains($"*{s}(", StringComparison.Ordinal))
            .Select(s => $"-Wl,--defsym={s}=standin_answer");
        string exports = Path.Combine(work, $"{name}.map");
        File.WriteAllText(exports, $"{(kind == "CUDART" ? $"{name} " : "")}{{ {(symbols.Length > 0 ? $"global: {string.Join("; ", symbols)}; " : "")}local: *; }};\n");
        string partial = path + ".partial";
        Tool.Run("cc",
        [
            "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", $"-DSTANDIN_{kind}", .. definitions.Select(d => $"-D{d}"), source, "-o", partial,
            $"-Wl,-soname,{name}", $"-Wl,--version-script={exports}", .. aliases, "-ldl",
        ]);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(partial)))
        {
            // Its time stays, and what is linked with it too.
            File.Delete(partial);
            return;
        }

        File.Move(partial, path, overwrite: true);
    }
}
