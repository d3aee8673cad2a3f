using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>Small models and short runs of the suite, as processes of their own.</summary>
[SetUpFixture]
internal sealed class SuiteBench : ModelFiles
{
    /// <summary>An operator that nobody knows.</summary>
    public static string Unsupported { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4).Node("Frobnicate", ["x"], ["y"], domain: "no.such.domain").Save(Folder["unsupported.onnx"]);

    public static Sdk Sdk => Environment().Sdk;

    /// <summary>A quick run in which one process measures a cell, unless the options say how many; gives the command's end and the results it left.</summary>
    public static (CliResult Command, SuiteResults Results) Run(string folder, params string[] options) => RunWith([], folder, options);

    public static (CliResult Command, SuiteResults Results) RunWith((string, string)[] environment, string folder, params string[] options)
    {
        CliResult command = Cli.RunWith(environment, ["suite", "--quick", "-o", folder, .. options.Contains("--processes") ? [] : (string[])["--processes", "1"], .. options]);
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
}
