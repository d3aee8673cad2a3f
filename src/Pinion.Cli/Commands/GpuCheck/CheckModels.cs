using Pinion.Onnx;

namespace Pinion.Cli;

/// <summary>The models of the figures: one that does nothing, one that mostly copies, and one of PaddleOCR's where they came along.</summary>
internal static class CheckModels
{
    public const string IdentityName = "identity of 16 floats";
    public const int SmallFloats = 64;

    private const int SmallTensors = 16;

    /// <summary>x to y, 16 floats: what is left is the cost of running anything at all.</summary>
    public static byte[] Identity() => new OnnxModel("identity")
        .Input("x", OnnxType.Float32, 16).Output("y", OnnxType.Float32, 16).Node("Identity", ["x"], ["y"]).ToBytes();

    /// <summary>16 inputs of 64 floats to 16 outputs: what is left is copying them.</summary>
    public static byte[] ManySmall()
    {
        var model = new OnnxModel("identities");
        for (int i = 0; i < SmallTensors; i++)
        {
            model.Input($"x{i}", OnnxType.Float32, SmallFloats).Output($"y{i}", OnnxType.Float32, SmallFloats).Node("Identity", [$"x{i}"], [$"y{i}"]);
        }

        return model.ToBytes();
    }

    /// <summary>16 MiB in, 64 bytes out, and a sum in between.</summary>
    public static byte[] LargeInput() => new OnnxModel("mean")
        .Input("x", OnnxType.Float32, 1, 16, 512, 512).Output("y", OnnxType.Float32, 1, 16, 1, 1).Node("GlobalAveragePool", ["x"], ["y"]).ToBytes();

    /// <summary>A file of the archive's models; null where it did not come along.</summary>
    public static string? Find(GpuCheckSettings settings, string name) => Path.Combine(settings.Models, name) is var path && File.Exists(path) ? path : null;

    /// <summary>The shapes of an engine that has one profile, as tuned for.</summary>
    public static EngineShapes Shapes(Engine engine) => new ShapeRequest([], []).ForEngine(engine.Inputs, engine.Profiles)[0];
}
