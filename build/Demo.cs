using System.Globalization;
using System.Text.Json;

namespace Pinion.Build;

/// <summary>
/// The main job. A published network: emit it, build with a batch profile, measure at batch 1, 4, 8 beside the published
/// figures. Then models that others made, with dynamic batch and size.
/// </summary>
internal static class Demo
{
    private const string Network = "Res2Net50_26w_4s";

    private static readonly string[] Batches = ["1", "4", "8"];

    private static readonly (string File, string Profile, string Shape)[] OcrModels =
    [
        ("ch_ppocr_mobile_v2.0_cls_infer", "x:min=1x3x48x192,opt=4x3x48x192,max=8x3x48x192", "x:1x3x48x192"),
        ("ch_PP-OCRv4_rec_infer", "x:min=1x3x48x48,opt=4x3x48x320,max=8x3x48x640", "x:1x3x48x320"),
        ("ch_PP-OCRv4_det_infer", "x:min=1x3x160x160,opt=1x3x320x320,max=8x3x320x320", "x:1x3x320x320"),
    ];

    public static void Run()
    {
        string folder = Directory.CreateDirectory(Path.Combine(Repository.Artifacts, "demo")).FullName;
        Pinion("doctor");
        Zoo(folder);
        Ocr(folder);
    }

    private static void Zoo(string folder)
    {
        string model = Path.Combine(folder, $"{Network}.onnx");
        string plan = Path.Combine(folder, $"{Network}.plan");
        Pinion("zoo", "export", Network, "-o", model);
        Pinion("build", model, "-o", plan, "--profile", "x:min=1x3x224x224,opt=4x3x224x224,max=8x3x224x224");
        Pinion("run", plan, "--batch", "1", "--seed", "1", "--output-dir", folder);
        using JsonDocument measured = Json("bench", plan, "--batch", string.Join(',', Batches), "--duration", "1", "--json");
        using JsonDocument shown = Json("zoo", "show", Network, "--json");
        Show(measured.RootElement, shown.RootElement.GetProperty("model").GetProperty("published"));
    }

    private static void Ocr(string folder)
    {
        if (Fetch.OcrModels() is not { } models)
        {
            return;
        }

        Console.WriteLine($"PaddleOCR's models are in {models}");
        foreach ((string file, string profile, string shape) in OcrModels)
        {
            string plan = Path.Combine(folder, file + ".plan");
            Pinion("build", Path.Combine(models, file + ".onnx"), "-o", plan, "--profile", profile);
            Pinion("run", plan, "--shapes", shape, "--seed", "1", "--output-dir", Path.Combine(folder, file));
            Pinion("bench", plan, "--shapes", shape, "--batch", string.Join(',', Batches), "--duration", "1");
        }
    }

    /// <summary>One line per machine that measured; milliseconds by batch.</summary>
    private static void Show(JsonElement measured, JsonElement published)
    {
        List<string[]> rows = [["hardware and software", .. Batches.Select(b => $"batch {b}"), "by"]];
        string sdk = measured.GetProperty("sdk").GetString()!;
        string here = $"{measured.GetProperty("device").GetString()}, TensorRT {(sdk == "nvidia" ? "" : "host SDK ")}{measured.GetProperty("tensorrt").GetString()}"
            + $", {measured.GetProperty("precision").GetString()}";
        rows.Add([here, .. measured.GetProperty("results").EnumerateArray().Select(r => Milliseconds(r.GetProperty("latencyMs").GetProperty("median"))), "measured now"]);
        foreach (JsonElement latency in published.GetProperty("latencies").EnumerateArray())
        {
            JsonElement times = latency.GetProperty("millisecondsByBatch");
            string version = latency.GetProperty("tensorrt").GetString() ?? "of unknown version";
            rows.Add(
            [
                $"{latency.GetProperty("gpu").GetString()}, TensorRT {version}, {latency.GetProperty("precision").GetString()}",
                .. Batches.Select(b => Milliseconds(times.GetProperty(b))), "PaddleClas",
            ]);
        }

        Console.WriteLine($"\n{Network}, latency in ms; the median of what was measured now");
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(r => r[column].Length))];
        foreach (string[] row in rows)
        {
            Console.WriteLine(string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))));
        }

        Console.WriteLine($"PaddleClas' figures are those of {published.GetProperty("source").GetString()}, with trained weights. This network has weights from a seed.");
        if (sdk != "nvidia")
        {
            Console.WriteLine("No GPU computed here: a time of a CPU says nothing about a GPU.");
        }
    }

    private static string Milliseconds(JsonElement value) => value.GetDouble().ToString("F2", CultureInfo.InvariantCulture);

    private static void Pinion(params string[] arguments)
    {
        Announce(arguments);
        Tool.Run(Repository.Cli, arguments);
    }

    private static JsonDocument Json(params string[] arguments)
    {
        Announce(arguments);
        return JsonDocument.Parse(Tool.Output(Repository.Cli, arguments));
    }

    private static void Announce(string[] arguments) =>
        Console.WriteLine($"\n$ pinion {string.Join(' ', arguments.Select(a => Path.IsPathRooted(a) ? Path.GetRelativePath(Repository.Root, a) : a))}");
}
