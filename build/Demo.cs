namespace Pinion.Build;

/// <summary>The main job on real models: build with a batch-and-size profile, run, measure at batch 1, 4, 8.</summary>
internal static class Demo
{
    private static readonly (string File, string Profile, string Shape)[] Models =
    [
        ("ch_ppocr_mobile_v2.0_cls_infer", "x:min=1x3x48x192,opt=4x3x48x192,max=8x3x48x192", "x:1x3x48x192"),
        ("ch_PP-OCRv4_rec_infer", "x:min=1x3x48x48,opt=4x3x48x320,max=8x3x48x640", "x:1x3x48x320"),
        ("ch_PP-OCRv4_det_infer", "x:min=1x3x160x160,opt=1x3x320x320,max=8x3x320x320", "x:1x3x320x320"),
    ];

    public static void Run()
    {
        string models = Fetch.OcrModels();
        string folder = Directory.CreateDirectory(Path.Combine(Repository.Artifacts, "demo")).FullName;
        Pinion("doctor");
        foreach (var (file, profile, shape) in Models)
        {
            string plan = Path.Combine(folder, file + ".plan");
            Pinion("build", Path.Combine(models, file + ".onnx"), "-o", plan, "--profile", profile);
            Pinion("run", plan, "--shapes", shape, "--seed", "1", "--output-dir", Path.Combine(folder, file));
            Pinion("bench", plan, "--shapes", shape, "--batch", "1,4,8", "--duration", "1");
        }
    }

    private static void Pinion(params string[] arguments)
    {
        Console.WriteLine($"\n$ pinion {string.Join(' ', arguments.Select(a => Path.IsPathRooted(a) ? Path.GetRelativePath(Repository.Root, a) : a))}");
        Tool.Run(Repository.Cli, arguments);
    }
}
