namespace Pinion.Cli;

/// <summary>What engine, session and each prepared shape take of the device's memory.</summary>
internal static class MemoryPart
{
    private const string Ocr = "ch_PP-OCRv4_rec_infer.onnx";

    public static GpuCheckAnswer Run(GpuCheckSettings settings)
    {
        var results = new List<ModelMemory>();
        using (Plan identity = EngineBuilder.Build(CheckModels.Identity()))
        {
            results.Add(Measure(CheckModels.IdentityName, identity));
        }

        if (CheckModels.Find(settings, Ocr) is not { } path)
        {
            return new GpuCheckAnswer { Memory = results, Notes = [$"{Ocr} did not come along: {CheckModels.IdentityName} was measured alone."] };
        }

        if (!settings.Quick)
        {
            using Plan plan = EngineBuilder.Build(path, new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:min=1x3x48x48,opt=4x3x48x320,max=8x3x48x640")] });
            results.Add(Measure(Path.GetFileNameWithoutExtension(path), plan));
        }

        return new GpuCheckAnswer { Memory = results };
    }

    private static ModelMemory Measure(string model, Plan plan)
    {
        long free = PinionRuntime.GetFreeBytes();
        using var engine = Engine.Load(plan);
        return new ModelMemory(model, InspectCommand.Measure(engine, Math.Max(free - PinionRuntime.GetFreeBytes(), 0)));
    }
}
