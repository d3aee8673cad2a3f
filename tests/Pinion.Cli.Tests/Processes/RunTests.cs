using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class RunTests
{
    [Test]
    public void Outputs_are_computed_from_the_file()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        string input = Workbench.Floats(folder, "in.npy", [2, 4], 1, 2, 3, 4, 5, 6, 7, 8);
        CliResult result = Cli.Run("run", Workbench.AddOnePlan, "--input", $"x={input}", "--output-dir", folder["out"], "--json").Exits(0);
        Assert.That(Workbench.ReadFloats(folder["out/y.npy"], out long[] shape), Is.EqualTo(new float[] { 2, 3, 4, 5, 6, 7, 8, 9 }));
        Assert.That(shape, Is.EqualTo(new long[] { 2, 4 }));
        Assert.That(Directory.GetFiles(folder["out"]), Has.Length.EqualTo(1), "inputs that were given are not saved again");

        JsonElement d = result.Json();
        JsonElement from = d.GetProperty("inputs")[0];
        Assert.That((from.GetProperty("name").GetString(), from.GetProperty("source").GetString(), from.GetProperty("file").GetString()), Is.EqualTo(("x", "file", input)));
        JsonElement to = d.GetProperty("outputs")[0];
        Assert.That((to.GetProperty("name").GetString(), to.GetProperty("dtype").GetString(), to.GetProperty("file").GetString()), Is.EqualTo(("y", "float32", folder["out/y.npy"])));
        Assert.That((to.GetProperty("min").GetDouble(), to.GetProperty("max").GetDouble(), to.GetProperty("mean").GetDouble()), Is.EqualTo((2.0, 9.0, 5.5)));
        Assert.That(to.GetProperty("nonFinite").GetInt64(), Is.Zero);
        Assert.That(d.GetProperty("timings").EnumerateObject().Select(p => p.Name), Is.EqualTo(["latencyMs", "h2dMs", "gpuComputeMs", "d2hMs", "enqueueMs", "wallMs"]));
        Assert.That(d.GetProperty("timings").GetProperty("wallMs").GetDouble(), Is.GreaterThan(0));
    }

    [Test]
    public void Inputs_not_given_are_drawn_from_the_seed_and_saved()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("run", Workbench.AddOnePlan, "--batch", "2", "--seed", "7", "--output-dir", folder["a"]).Exits(0);
        Cli.Run("run", Workbench.AddOne, "--batch", "2", "--seed", "7", "--output-dir", folder["b"]).Exits(0);
        Cli.Run("run", Workbench.AddOnePlan, "--batch", "2", "--seed", "8", "--output-dir", folder["c"]).Exits(0);
        float[] x = Workbench.ReadFloats(folder["a/x.npy"], out long[] shape);
        Assert.That(shape, Is.EqualTo(new long[] { 2, 4 }));
        Assert.That(x, Has.All.InRange(-1f, 1f));
        Assert.That(x, Is.Unique);
        Assert.That(Workbench.ReadFloats(folder["a/y.npy"], out _), Is.EqualTo(x.Select(v => v + 1)));
        Assert.That(File.ReadAllBytes(folder["b/x.npy"]), Is.EqualTo(File.ReadAllBytes(folder["a/x.npy"])));
        Assert.That(File.ReadAllBytes(folder["c/x.npy"]), Is.Not.EqualTo(File.ReadAllBytes(folder["a/x.npy"])));

        // What was saved runs again to the same result.
        Cli.Run("run", Workbench.AddOnePlan, "--input", $"x={folder["a/x.npy"]}", "--output-dir", folder["d"]).Exits(0);
        Assert.That(File.ReadAllBytes(folder["d/y.npy"]), Is.EqualTo(File.ReadAllBytes(folder["a/y.npy"])));
    }

    [Test]
    public void Whole_numbers_that_fit_are_converted_and_that_is_said_once()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        NpyFile.Write<long>(folder["i8.npy"], [2], [-7, int.MaxValue]);
        CliResult result = Cli.Run("run", Workbench.Named, "--input", $"in/0:x={folder["i8.npy"]}", "--output-dir", folder["out"]).Exits(0);
        Assert.That(result.Errors.Split('\n').Count(l => l.Contains("i8.npy holds int64: it is converted to int32 for input 'in/0:x'.", StringComparison.Ordinal)), Is.EqualTo(1));
        using var output = NpyFile.Open(folder["out/out_0_x.npy"]);
        Assert.That(output.Read<int>(), Is.EqualTo([-7, int.MaxValue]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void A_folder_that_nothing_could_be_written_to_does_not_stay()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.RunInShell(Cli.FullDisk, "run", Workbench.AddOnePlan, "--shapes", "x:8x4", "--output-dir", folder["a/b"]).Exits(1);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void A_model_is_built_in_memory_and_says_so()
    {
        CliResult result = Cli.Run("run", Workbench.Sum, "--shapes", "left:2x3,right:2x3", "--json").Exits(0);
        Assert.That(result.Errors, Does.Contain("is a model: building it in memory (FP32) for left:2x3, right:2x3"));
        Assert.That(result.Json().GetProperty("outputs")[0].GetProperty("shape").EnumerateArray().Select(e => e.GetInt64()), Is.EqualTo(new long[] { 2, 3 }));
    }

    [Test]
    public void Fortran_order_is_converted()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        // 1 2 3 / 4 5 6 by columns.
        File.WriteAllBytes(folder["f.npy"], NpyBytes.Make(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", NpyBytes.Float32(1, 4, 2, 5, 3, 6)));
        Cli.Run("run", Workbench.StaticPlan, "--input", $"x={folder["f.npy"]}", "--output-dir", folder["out"]).Exits(0);
        Assert.That(Workbench.ReadFloats(folder["out/y.npy"], out _), Is.EqualTo(new float[] { 2, 3, 4, 5, 6, 7 }));
    }

    [Test]
    public void Names_that_are_no_file_names_become_file_names()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("run", Workbench.Named, "--output-dir", folder["out"]).Exits(0);
        string[] files = [.. Directory.GetFiles(folder["out"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.That(files, Is.EqualTo(["in_0_x.npy", "out_0_x.npy"]));
        using var output = NpyFile.Open(folder["out/out_0_x.npy"]);
        Assert.That(output.Type.Element, Is.EqualTo(OnnxType.Int32));
    }

    [Test]
    public void Text_is_honest_about_the_machine()
    {
        string sdk = Cli.Run("doctor", "--json").Json().GetProperty("sdk").GetString()!;
        CliResult result = Cli.Run("run", Workbench.StaticPlan).Exits(0);
        Assert.That(result.Output, Does.Contain(sdk == "host" ? "no GPU: TensorRT host SDK" : "TensorRT").And.Contain("latency "));
    }
}
