using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>A folder with small models and plans, made once; tests read them and write beside them.</summary>
internal static class Workbench
{
    private static readonly TemporaryFolder Folder = new();

    private static readonly Lock Building = new();

    private static readonly Dictionary<string, string> Plans = [];

    /// <summary>y = x + 1, batches of 4 floats.</summary>
    public static string AddOne { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4)
        .Constant("one", [1], [1f]).Node("Add", ["x", "one"], ["y"]).Save(Folder["addone.onnx"]);

    /// <summary>y = x + 1 for 2x3 floats, static.</summary>
    public static string Static { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, 2, 3).Output("y", OnnxType.Float32, 2, 3)
        .Constant("one", [1], [1f]).Node("Add", ["x", "one"], ["y"]).Save(Folder["static.onnx"]);

    /// <summary>sum = left + right, where batch and width are dynamic.</summary>
    public static string Sum { get; } = new OnnxModel()
        .Input("left", OnnxType.Float32, "batch", "width").Input("right", OnnxType.Float32, "batch", "width")
        .Output("sum", OnnxType.Float32, "batch", "width").Node("Add", ["left", "right"], ["sum"]).Save(Folder["sum.onnx"]);

    /// <summary>Integers, and names that are no file names.</summary>
    public static string Named { get; } = new OnnxModel()
        .Input("in/0:x", OnnxType.Int32, 2).Output("out/0:x", OnnxType.Int32, 2).Node("Identity", ["in/0:x"], ["out/0:x"]).Save(Folder["named.onnx"]);

    /// <summary>An operator that nobody knows.</summary>
    public static string Unsupported { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32, 4).Node("Frobnicate", ["x"], ["y"], domain: "no.such.domain").Save(Folder["unsupported.onnx"]);

    /// <summary>Weights in a file that is not there.</summary>
    public static string MissingData { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32, 4)
        .ExternalConstant("w", [4], "absent-weights.bin").Node("Add", ["x", "w"], ["y"]).Save(Folder["missing-data.onnx"]);

    /// <summary>Saves a model that overflows in FP16 where an input is above 0.26.</summary>
    public static string SaveOverflowing(string path) => new OnnxModel(opset: 17).Input("x", OnnxType.Float32, "batch", 8).Output("y", OnnxType.Float32, "batch", 8)
        .Constant("large", [], [1000f]).Constant("small", [], [1e-3f])
        .Node("Mul", ["x", "large"], ["a"], "scale").Node("Mul", ["a", "a"], ["b"], "square").Node("Mul", ["b", "small"], ["c"], "back").Node("Sqrt", ["c"], ["y"], "end")
        .Save(path);

    /// <summary>AddOne for batches 1 to 8, tuned for 4, for two streams on any TensorRT.</summary>
    public static string AddOnePlan => Plan("addone.plan", AddOne, "--profile", "x:min=1x4,opt=4x4,max=8x4", "--profile-copies", "2");

    public static string StaticPlan => Plan("static.plan", Static);

    public static string Path(string name) => Folder[name];

    public static TemporaryFolder NewFolder() => new();

    public static string Floats(TemporaryFolder folder, string name, long[] shape, params float[] values)
    {
        string path = folder[name];
        NpyFile.Write<float>(path, shape, values);
        return path;
    }

    public static float[] ReadFloats(string path, out long[] shape)
    {
        using var file = NpyFile.Open(path);
        shape = file.Shape.ToArray();
        return file.Read<float>();
    }

    public static void Delete() => Folder.Dispose();

    private static string Plan(string name, string model, params string[] options)
    {
        lock (Building)
        {
            if (!Plans.TryGetValue(name, out string? path))
            {
                path = Folder[name];
                Cli.Run(["build", model, "-o", path, .. options]).Exits(0);
                Plans.Add(name, path);
            }

            return path;
        }
    }
}
