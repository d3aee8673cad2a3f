using System.Text.Json;

namespace Pinion.Build;

/// <summary>
/// What a bare machine needs to check its GPU, in one archive: the CLI as one native program, native libraries and tests, models, and outputs that the
/// host SDK computed here. ONNX Runtime is not in it: the machine has python3's.
/// </summary>
internal static class GpuCheck
{
    private const long LimitBytes = 60L << 20;
    private const string Seed = "1";

    /// <summary>The least of each of the zoo's families, with the batch that it is checked at.</summary>
    private static readonly (string Model, string Batch)[] Zoo = [("DPN68", "4"), ("Res2Net50_26w_4s", "1"), ("alt_gvt_small", "1"), ("pcpvt_small", "1"), ("TNT_small", "1")];

    private static readonly (string File, string Shape)[] Ocr =
    [
        ("ch_ppocr_mobile_v2.0_cls_infer.onnx", "x:2x3x48x192"), ("ch_PP-OCRv4_rec_infer.onnx", "x:1x3x48x320"), ("ch_PP-OCRv4_det_infer.onnx", "x:1x3x320x320"),
    ];

    public static void Run()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BuildException("the check of a GPU is packed on Linux alone.", BuildException.Unavailable);
        }

        Tool.Require("xz");
        string name = $"gpu-check-{Repository.Rid}";
        string folder = Path.Combine(Repository.Artifacts, name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        string program = Managed.PublishNativeCli();
        Strip(program, Path.Combine(folder, "pinion"));
        foreach (string sdk in new[] { "nvidia", "cuda", "host" })
        {
            if (Path.Combine(Repository.NativeLibraries, $"libpinion_{sdk}.so") is var library && File.Exists(library))
            {
                Strip(library, Path.Combine(folder, Path.GetFileName(library)));
            }
        }

        CopyTests(new NativeVariant("cuda"), Path.Combine(folder, "tests", "cuda"));
        foreach ((string model, string batch) in Zoo)
        {
            AddReference(folder, model, [$"zoo:{model}", "--batch", batch]);
        }

        AddOcr(folder);
        string script = Path.Combine(folder, "gpu-check.sh");
        File.Copy(Path.Combine(Repository.Root, "scripts", "gpu-check.sh"), script);
        Pack(name, folder);
    }

    private static void AddOcr(string folder)
    {
        if (Fetch.OcrModels() is not { } models)
        {
            return;
        }

        string target = Directory.CreateDirectory(Path.Combine(folder, "models")).FullName;
        foreach ((string file, string shape) in Ocr)
        {
            string model = Path.Combine(target, file);
            File.Copy(Path.Combine(models, file), model);
            AddReference(folder, Path.GetFileNameWithoutExtension(file), [model, "--shapes", shape]);
        }
    }

    /// <summary>What the host SDK computes of a model: the document of <c>pinion run</c>, and the outputs that it names. The inputs are drawn again there.</summary>
    private static void AddReference(string folder, string name, string[] arguments)
    {
        string target = Path.Combine(folder, "references", name);
        Directory.CreateDirectory(target);
        Console.WriteLine($"computing {name} on the host SDK");
        string text = Tool.Output("env", ["PINION_SDK=host", Repository.Cli, "run", .. arguments, "--seed", Seed, "--json", "--output-dir", target]);
        File.WriteAllText(Path.Combine(target, "run.json"), text);
        using var document = JsonDocument.Parse(text);
        foreach (JsonElement input in document.RootElement.GetProperty("inputs").EnumerateArray())
        {
            File.Delete(input.GetProperty("file").GetString()!);
        }
    }

    private static void CopyTests(NativeVariant variant, string target)
    {
        Directory.CreateDirectory(target);
        string tests = Path.Combine(variant.BuildFolder, "tests", "native");
        foreach (string program in new[] { "native_device_test", "native_engine_test", "native_session_test", "host_tensorrt_tests" })
        {
            Strip(Directory.EnumerateFiles(tests, program, SearchOption.AllDirectories).Single(), Path.Combine(target, program));
        }
    }

    private static void Strip(string file, string target) => Tool.Run("strip", ["--strip-unneeded", "-o", target, file]);

    private static void Pack(string name, string folder)
    {
        string archive = folder + ".tar.xz";
        Tool.Run("tar", ["-C", Repository.Artifacts, "--owner=0", "--group=0", "-I", "xz -T0 -3", "-cf", archive, name]);
        long bytes = new FileInfo(archive).Length;
        Console.WriteLine($"packed {Path.GetRelativePath(Repository.Root, archive)} ({bytes / 1024:N0} KiB)");
        if (bytes > LimitBytes)
        {
            throw new BuildException($"{archive} has {bytes:N0} bytes; {LimitBytes:N0} is the limit.");
        }
    }
}
