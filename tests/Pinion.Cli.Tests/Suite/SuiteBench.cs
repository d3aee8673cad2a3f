using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>Small models and short runs of the suite, as processes of their own.</summary>
[SetUpFixture]
internal sealed class SuiteBench
{
    private static readonly TemporaryFolder Models = new();

    /// <summary>y = x + 1, batches of 4 floats.</summary>
    public static string AddOne { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4)
        .Constant("one", [1], [1f]).Node("Add", ["x", "one"], ["y"]).Save(Models["addone.onnx"]);

    /// <summary>y = x W, batches of 8 features to 4 scores.</summary>
    public static string Dense { get; } = new OnnxModel()
        .Input("features", OnnxType.Float32, "batch", 8).Output("scores", OnnxType.Float32, "batch", 4)
        .Constant("w", [8, 4], [.. Enumerable.Range(0, 32).Select(i => (float)i)]).Node("MatMul", ["features", "w"], ["scores"]).Save(Models["dense.onnx"]);

    /// <summary>Its width is dynamic beside the batch.</summary>
    public static string Wide { get; } = new OnnxModel()
        .Input("line", OnnxType.Float32, "batch", "width").Output("out", OnnxType.Float32, "batch", "width").Node("Identity", ["line"], ["out"]).Save(Models["wide.onnx"]);

    /// <summary>An operator that nobody knows.</summary>
    public static string Unsupported { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4).Node("Frobnicate", ["x"], ["y"], domain: "no.such.domain").Save(Models["unsupported.onnx"]);

    public static string Sdk => Environment().Sdk;

    /// <summary>A quick run; gives the command's end and the results it left.</summary>
    public static (CliResult Command, SuiteResults Results) Run(string folder, params string[] options) => RunWith([], folder, options);

    public static (CliResult Command, SuiteResults Results) RunWith((string, string)[] environment, string folder, params string[] options)
    {
        CliResult command = Cli.RunWith(environment, ["suite", "--quick", "-o", folder, .. options]);
        return (command, SuiteResults.Load(folder));
    }

    public static SuiteEnvironment Environment()
    {
        return _environment ??= Describe();
        static SuiteEnvironment Describe()
        {
            using TemporaryFolder folder = new();
            return Run(folder["run"], "--models", AddOne).Results.Environment;
        }
    }

    private static SuiteEnvironment? _environment;

    [OneTimeTearDown]
    public void Clean() => Models.Dispose();
}
