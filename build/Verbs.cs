namespace Pinion.Build;

/// <summary>The verbs of build.sh and build.ps1.</summary>
internal static class Verbs
{
    private const string Help = """
        ./build.sh [VERB] [OPTIONS]

          build        native libraries, .NET solution, CLI at artifacts/bin/pinion (default)
                         --sdk host|cuda|nvidia|rtx  only this SDK (default: host, and the others whose headers are here)
                         --tensorrt VERSION       API level of the host TensorRT: 8.0.3, 8.6.1 (default), 10.4.0, 11.1.0 or rtx-1.6.1
          test         set up everything and run the tests; what a missing program keeps from running is told
                         --all                    also those of the largest networks, up to a minute each
                         --native | --managed     only one side
                         --tensorrt VERSION       native tests at that API level of the host TensorRT (RTX: those from C# too)
                         --sanitize address|thread  native tests under that sanitizer
                         --filter EXPRESSION      managed tests that match (dotnet test's filter)
          rtx          the same with NVIDIA's TensorRT for RTX, which builds engines without a GPU
                         --sdk DIR                NVIDIA's unpacked archive (default: PINION_TENSORRT_RTX_ROOT)
          test-rtx     test what builds engines with it; takes --sdk as rtx does
                         --all                    also every network of the zoo, at both opsets
          test-nvidia  link the SDK nvidia against official headers and stand-ins for NVIDIA's libraries, and test what is said where one is missing or does not fit
                         --sdk DIR                folder with headers/tensorrt-VERSION (default: PINION_TENSORRT_HEADERS)
                         --all                    TensorRT 8.6.1, 10.4.0, 10.16 and 11.1 (default: 8.6.1 and 10.16)
          fuzz differential  ask NVIDIA's TensorRT for RTX and the host SDK about random models; takes --sdk as rtx does; leaves artifacts/fuzz
                         --minutes N              how long (default: 5)
                         --seed N                 the first model's number (default: 1)
          demo         emit, build and measure Res2Net50_26w_4s beside the published figures, and three PaddleOCR models
          bench        run the benchmarks; leaves artifacts/bench/summary.json
          format       format C++ and C#   --check: change nothing, fail on a difference, run clang-tidy
          check-sdk    compile native/src against official headers
                         --tensorrt-include DIR --cuda-include DIR, or
                         --sdk DIR                folder with headers/tensorrt-VERSION and headers/rtx-VERSION: all of them, each with the CUDA of its days
          bindings     generate the C# bindings from pinion.h   --cppsharp-dir DIR: use CppSharp's assemblies from there
          pack         NuGet packages in artifacts/packages
          gpu-check    artifacts/gpu-check-RID.tar.xz, which checks the GPU of a machine without .NET, compiler and network (docs/gpu-check.md)
          clean        delete artifacts/ (the cache of fetched packages stays)

        Environment: PINION_CACHE (fetched packages), ONNXRUNTIME_ROOT, PINION_CUDA_ROOT, PINION_TENSORRT_ROOT, PINION_TENSORRT_RTX_ROOT.
        """;

    public static int Run(string[] args)
    {
        var options = new Options(args);
        switch (options.Verb)
        {
            case "build":
                Build(options);
                break;
            case "rtx":
                NameRtx(options);
                options.RejectOthers();
                // What is wrong with the folder is told before the build of the host SDK, not after it.
                TensorRtRtx.Find();
                BuildAll(["host", "rtx"]);
                break;
            case "test":
                return Test(options);
            case "test-rtx":
                return TestRtx(options);
            case "test-nvidia":
                return TestNvidia(options);
            case "fuzz":
                Fuzz(options);
                break;
            case "demo":
                options.RejectOthers();
                BuildAll(["host", .. Native.DetectedSdks()]);
                Demo.Run();
                break;
            case "bench":
                options.RejectOthers();
                BuildAll(["host"]);
                Bench.Run();
                break;
            case "format":
                Format.Run(options.Flag("--check"), options);
                break;
            case "check-sdk":
                CheckSdk(options);
                break;
            case "bindings":
                Bindings(options);
                break;
            case "pack":
                options.RejectOthers();
                BuildAll(["host", .. Native.DetectedSdks()]);
                Managed.Pack();
                break;
            case "gpu-check":
                options.RejectOthers();
                PackGpuCheck();
                break;
            case "clean":
                options.RejectOthers();
                Clean();
                break;
            case "help":
                Console.WriteLine(Help);
                break;
            default:
                throw new BuildException($"unknown verb '{options.Verb}'.\n\n{Help}", 2);
        }

        return 0;
    }

    private static void Build(Options options)
    {
        string? sdk = options.Value("--sdk", "host", "cuda", "nvidia", "rtx");
        string tensorRt = options.Value("--tensorrt", NativeVariant.TensorRtLevels) ?? NativeVariant.DefaultTensorRt;
        options.RejectOthers();
        if (tensorRt != NativeVariant.DefaultTensorRt)
        {
            Native.Build(new NativeVariant(sdk ?? "host", tensorRt), tests: false);
            return;
        }

        BuildAll(sdk is not null ? [sdk] : ["host", .. Native.DetectedSdks()]);
    }

    private static void NameRtx(Options options)
    {
        if (options.Value("--sdk") is { } folder)
        {
            Environment.SetEnvironmentVariable(TensorRtRtx.Variable, folder);
        }
    }

    private static void BuildAll(IEnumerable<string> sdks)
    {
        foreach (string sdk in sdks)
        {
            Native.Build(new NativeVariant(sdk), tests: false);
        }

        Managed.Build();
    }

    private static int Test(Options options)
    {
        bool native = options.Flag("--native");
        bool managed = options.Flag("--managed");
        string? tensorRt = options.Value("--tensorrt", NativeVariant.TensorRtLevels);
        string? sanitize = options.Value("--sanitize", "address", "thread");
        string? filter = options.Value("--filter");
        bool all = options.Flag("--all");
        options.RejectOthers();
        if (tensorRt is not null || sanitize is not null)
        {
            native = true;
        }

        bool both = !native && !managed;
        TestCount count = new(0, 0, 0);
        if (native || both)
        {
            var variant = new NativeVariant("host", tensorRt ?? NativeVariant.DefaultTensorRt, sanitize ?? "");
            count += Native.Test(variant);
            if (variant.CompilesKernels)
            {
                BuildAll(["host"]);
                count += Managed.TestCompiledKernels(variant);
            }
        }

        if (managed || both)
        {
            BuildAll(["host", .. Native.DetectedSdks()]);
            count += Managed.Test(filter, all);
        }

        Console.WriteLine($"tests: {count}");
        return count.Failed == 0 && count.Passed > 0 ? 0 : 1;
    }

    private static int TestRtx(Options options)
    {
        NameRtx(options);
        bool all = options.Flag("--all");
        options.RejectOthers();
        TestCount count = Native.Test(new NativeVariant("rtx"));
        BuildForComparison();
        count += Managed.TestRtx(all);
        Console.WriteLine($"tests: {count}");
        return count.Failed == 0 && count.Passed > 0 ? 0 : 1;
    }

    private static int TestNvidia(Options options)
    {
        string sdk = options.Value("--sdk") ?? Environment.GetEnvironmentVariable("PINION_TENSORRT_HEADERS")
            ?? throw new BuildException("where are TensorRT's headers? Name the folder of headers/tensorrt-VERSION: --sdk DIR, or the environment variable PINION_TENSORRT_HEADERS.", BuildException.Unavailable);
        bool all = options.Flag("--all");
        options.RejectOthers();
        IReadOnlyList<StandIn> standIns = StandIn.Find(sdk, all);
        foreach (StandIn standIn in standIns)
        {
            standIn.Build();
        }

        BuildAll(["host"]);
        TestCount count = Managed.TestStandIns(standIns);
        Console.WriteLine($"tests: {count}");
        return count.Failed == 0 && count.Passed > 0 ? 0 : 1;
    }

    /// <summary>NVIDIA's SDK, and the host's at its level, which the differential tests ask about the same models.</summary>
    private static void BuildForComparison()
    {
        Native.Build(new NativeVariant("host", NativeVariant.RtxTensorRt), tests: false);
        BuildAll(["host", "rtx"]);
    }

    private static void Fuzz(Options options)
    {
        NameRtx(options);
        bool isDifferential = options.Flag("differential");
        string minutes = options.Value("--minutes") ?? "5";
        string seed = options.Value("--seed") ?? "1";
        options.RejectOthers();
        if (!isDifferential)
        {
            throw new BuildException("fuzz what? There is: fuzz differential.", 2);
        }

        BuildForComparison();
        Managed.FuzzDifferential(minutes, seed);
    }

    private static void CheckSdk(Options options)
    {
        string? sdk = options.Value("--sdk");
        string? tensorRt = options.Value("--tensorrt-include");
        string? cuda = options.Value("--cuda-include");
        options.RejectOthers();
        if (sdk is null == tensorRt is null)
        {
            throw new BuildException("check-sdk needs either --tensorrt-include DIR (a folder with NvInfer.h and NvOnnxParser.h) or --sdk DIR (a folder with headers/tensorrt-VERSION and headers/rtx-VERSION).", 2);
        }

        string[] folders = tensorRt is not null ? [tensorRt] : StandIn.HeaderFolders(sdk!);
        foreach (string folder in folders)
        {
            Tool.Run("bash", [Path.Combine(Repository.Root, "scripts", "check-sdk.sh"), folder, cuda ?? Path.Combine(sdk is null ? Fetch.Cuda() : StandIn.CudaFor(sdk, folder), "include")]);
        }
    }

    private static void Bindings(Options options)
    {
        string? folder = options.Value("--cppsharp-dir");
        options.RejectOthers();
        string[] local = folder is null ? [] : [$"-p:CppSharpDir={Path.GetFullPath(folder)}"];
        Tool.Run("dotnet", ["run", "--project", "bindings/Pinion.Bindings.Generator", "-c", "Release", .. local]);
    }

    private static void PackGpuCheck()
    {
        // What cannot be had is told before anything is built.
        Fetch.Cuda();
        Native.Build(new NativeVariant("cuda"), tests: true);
        BuildAll(["host", .. Native.DetectedSdks().Where(sdk => sdk == "nvidia")]);
        GpuCheck.Run();
    }

    private static void Clean()
    {
        if (Directory.Exists(Repository.Artifacts))
        {
            Directory.Delete(Repository.Artifacts, recursive: true);
        }

        Console.WriteLine($"deleted {Repository.Artifacts}; fetched packages stay in {Repository.Cache}");
    }
}
