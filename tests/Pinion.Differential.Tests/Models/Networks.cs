using Google.Protobuf;
using Pinion.Zoo;

namespace Pinion.Differential.Tests;

/// <summary>Whole networks: small ones of the zoo, and PaddleOCR's where they are at hand.</summary>
internal static class Networks
{
    private const string ModelsVariable = "PINION_TEST_MODELS";

    private static readonly Axis[] ZooInput = [new Axis(1, "N", 2), new Axis(3), new Axis(224), new Axis(224)];

    /// <summary>Sizes of the open dimensions that the three models have in common.</summary>
    private static readonly Axis[] OcrInput = [new Axis(1, "N", 2), new Axis(3), new Axis(48), new Axis(192, "W", 192)];

    private static readonly Axis[] OcrDetectorInput = [new Axis(1, "N", 2), new Axis(3), new Axis(64, "H", 96), new Axis(64, "W", 96)];

    public static IEnumerable<Case> All => Zoo().Concat(Ocr());

    private static IEnumerable<Case> Zoo() =>
        from name in new[] { "DPN68", "TNT_small", "alt_gvt_small" }
        from opset in new[] { 13, 17 }
        select new Case($"zoo/opset{opset}/{name}", opset, null, () =>
        {
            using var stream = new MemoryStream();
            ZooExporter.Export(name, stream, new ExportOptions { Opset = opset });
            return WithInput(stream.ToArray(), ZooInput);
        });

    private static IEnumerable<Case> Ocr() => Environment.GetEnvironmentVariable(ModelsVariable) is not { Length: > 0 } folder ? [] :
        Directory.EnumerateFiles(folder, "*.onnx").Order(StringComparer.Ordinal).Select(path => new Case($"paddleocr/{Path.GetFileNameWithoutExtension(path)}", 0, null, () =>
            WithInput(File.ReadAllBytes(path), path.Contains("_det_", StringComparison.Ordinal) ? OcrDetectorInput : OcrInput)));

    /// <summary>The model with ranges in the names of its input's open dimensions.</summary>
    private static byte[] WithInput(byte[] bytes, IReadOnlyList<Axis> shape)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(bytes);
        model.Graph.Input[0] = Example.Info(model.Graph.Input[0].Name, OnnxType.Float32, shape);
        return model.ToByteArray();
    }
}
