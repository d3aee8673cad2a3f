using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Pinion.Build;

/// <summary>NVIDIA's TensorRT for RTX, which nobody but NVIDIA gives out: its unpacked archive, or a folder with its libraries as an archive or
/// Python wheel, its headers in headers/rtx-VERSION, and CUDA's runtime as wheels.</summary>
/// <param name="Root">Holds include, and lib or bin.</param>
/// <param name="Cuda">Holds CUDA's include and lib.</param>
internal sealed partial record TensorRtRtx(string Root, string Cuda)
{
    public const string Variable = "PINION_TENSORRT_RTX_ROOT";

    private const string Core = "libtensorrt_rtx.so.1";
    private const string Parser = "libtensorrt_onnxparser_rtx.so.1";

    /// <summary>The folder that the environment names; null if it names none.</summary>
    public static string? Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    /// <exception cref="BuildException">The environment names no folder, or one that lacks something: the message says what.</exception>
    public static TensorRtRtx Find()
    {
        string folder = Path.GetFullPath(Folder ?? throw new BuildException(
            $"where is TensorRT for RTX? Name NVIDIA's unpacked archive: --sdk DIR, or the environment variable {Variable}.", BuildException.Unavailable));
        if (!Directory.Exists(folder))
        {
            throw new BuildException($"{folder} does not exist: --sdk and {Variable} name the folder of NVIDIA's unpacked archive of TensorRT for RTX.");
        }

        return File.Exists(Path.Combine(folder, "include", "NvInfer.h")) ? new TensorRtRtx(folder, Fetch.Cuda()) : Unpack(folder);
    }

    private static TensorRtRtx Unpack(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BuildException($"{folder} holds no include/NvInfer.h: name NVIDIA's unpacked archive of TensorRT for RTX.");
        }

        string archive = Newest(folder, "tensorrt-rtx-*.tar.*") ?? Newest(folder, "tensorrt_rtx*libs*.whl")
            ?? throw new BuildException($"{folder} holds neither include/NvInfer.h, as NVIDIA's archive does, nor tensorrt-rtx-VERSION.tar.xz or the wheel of tensorrt-rtx-cu13-libs.");
        Version version = VersionOf(archive);
        string headers = Directory.Exists(Path.Combine(folder, "headers"))
            ? Directory.GetDirectories(Path.Combine(folder, "headers"), "rtx-*").Where(h => VersionOf(h) <= version).MaxBy(VersionOf) ?? ""
            : "";
        if (headers.Length == 0)
        {
            throw new BuildException($"{folder} holds {Path.GetFileName(archive)}, but no headers/rtx-{version} with the headers of that version or an earlier one.");
        }

        string root = Path.Combine(Repository.Cache, "tensorrt-rtx", $"{version}-headers-{VersionOf(headers)}");
        UnpackOnce(archive, root, partial =>
        {
            string lib = Directory.CreateDirectory(Path.Combine(partial, "lib")).FullName;
            foreach (string file in new[] { Core, Parser, "LICENSE.txt" })
            {
                string? found = Directory.EnumerateFiles(partial, file, SearchOption.AllDirectories).FirstOrDefault();
                if (found is null && file != "LICENSE.txt")
                {
                    throw new BuildException($"{archive} holds no {file}.");
                }

                if (found is not null)
                {
                    File.Move(found, Path.Combine(lib, file));
                }
            }

            string include = Directory.CreateDirectory(Path.Combine(partial, "include")).FullName;
            foreach (string header in Directory.GetFiles(headers, "*.h"))
            {
                File.Copy(header, Path.Combine(include, Path.GetFileName(header)));
            }
        });
        RefuseOtherProcessor(Path.Combine(root, "lib", Core));
        return new TensorRtRtx(root, UnpackCuda(folder));
    }

    /// <summary>CUDA's headers and runtime from its wheels where the folder has them, which are of the release that the libraries were made for.</summary>
    public static string UnpackCuda(string folder)
    {
        if (Newest(folder, "nvidia_cuda_runtime-*.whl") is not { } runtime || Newest(folder, "nvidia_cuda_crt-*.whl") is not { } headers)
        {
            return Fetch.Cuda();
        }

        string root = Path.Combine(Repository.Cache, "cuda-wheels", VersionOf(runtime).ToString());
        UnpackOnce(runtime, root, partial => ZipFile.ExtractToDirectory(headers, partial, overwriteFiles: true));
        string include = Directory.EnumerateFiles(root, "cuda_runtime_api.h", SearchOption.AllDirectories).FirstOrDefault()
            ?? throw new BuildException($"{runtime} holds no cuda_runtime_api.h.");
        return Path.GetDirectoryName(Path.GetDirectoryName(include))!;
    }

    /// <summary>Unpacked beside its place and renamed, so that a broken run leaves nothing that looks whole.</summary>
    private static void UnpackOnce(string archive, string target, Action<string> finish)
    {
        if (Directory.Exists(target))
        {
            return;
        }

        Console.WriteLine($"unpacking {Path.GetFileName(archive)} into {target}");
        string partial = $"{target}.{Environment.ProcessId}.partial";
        Directory.CreateDirectory(partial);
        try
        {
            if (archive.EndsWith(".whl", StringComparison.Ordinal))
            {
                ZipFile.ExtractToDirectory(archive, partial);
            }
            else
            {
                Tool.Require("xz");
                Tool.RunQuiet("tar", ["-xf", archive, "-C", partial]);
            }

            finish(partial);
            Directory.Move(partial, target);
        }
        catch (InvalidDataException e)
        {
            throw new BuildException($"{archive} is no whole archive: {e.Message}");
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }

    /// <summary>The linker would say the same of every symbol.</summary>
    private static void RefuseOtherProcessor(string library)
    {
        // e_machine of an ELF file.
        const int MachineAt = 18;
        using FileStream file = File.OpenRead(library);
        byte[] header = new byte[MachineAt + 2];
        file.ReadExactly(header);
        Architecture? machine = BitConverter.ToUInt16(header, MachineAt) switch { 62 => Architecture.X64, 183 => Architecture.Arm64, _ => null };
        if (machine != RuntimeInformation.OSArchitecture)
        {
            throw new BuildException($"{library} is for {machine?.ToString() ?? "another processor"}, and this machine is {RuntimeInformation.OSArchitecture}.");
        }
    }

    private static string? Newest(string folder, string pattern) => Directory.EnumerateFiles(folder, pattern).MaxBy(VersionOf);

    private static Version VersionOf(string path) =>
        Version.TryParse(VersionNumber().Match(Path.GetFileName(path)).Value, out Version? version) ? version : new Version(0, 0);

    [GeneratedRegex(@"\d+(\.\d+){1,2}")]
    private static partial Regex VersionNumber();
}
