using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>Wrong files and wrong arguments: an exit code, a reason in words, no crash and no file.</summary>
public sealed class BadInputTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Workbench.NewFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase("")]
    [TestCase("not protobuf at all, by any reading of it")]
    public void Models_that_are_none(string content)
    {
        File.WriteAllText(_folder["bad.onnx"], content);
        BuildFails(_folder["bad.onnx"], 1, "bad.onnx");
    }

    [Test]
    public void Truncated_models()
    {
        byte[] good = File.ReadAllBytes(Workbench.AddOne);
        foreach (int length in new[] { 1, good.Length / 2, good.Length - 1 })
        {
            File.WriteAllBytes(_folder["cut.onnx"], good[..length]);
            BuildFails(_folder["cut.onnx"], 1, "");
        }
    }

    /// <summary>A flipped bit may leave a model sound; then it builds. It never crashes and never leaves half a file.</summary>
    [Test]
    public void Bit_flipped_models()
    {
        byte[] good = File.ReadAllBytes(Workbench.Static);
        for (int at = 0; at < good.Length; at += good.Length / 12)
        {
            byte[] flipped = [.. good];
            flipped[at] ^= 0x40;
            File.WriteAllBytes(_folder["flipped.onnx"], flipped);
            CliResult result = Cli.Run("build", _folder["flipped.onnx"], "-o", _folder["out.plan"]);
            Assert.That(result.ExitCode, Is.AnyOf(0, 1, 2), () => $"byte {at}: {result.Errors}");
            Assert.That(File.Exists(_folder["out.plan"]), Is.EqualTo(result.ExitCode == 0));
            File.Delete(_folder["out.plan"]);
            Assert.That(_folder.Files(), Is.EqualTo(["flipped.onnx"]));
        }
    }

    [Test]
    public void Unsupported_operators_are_named_in_one_line()
    {
        CliResult result = Cli.Run("build", Workbench.Unsupported, "-o", _folder["out.plan"]).Exits(1);
        Assert.That(result.Errors.Split('\n').Where(l => l.Contains("Frobnicate", StringComparison.Ordinal)), Has.One.StartsWith("error: "));
        Assert.That(Cli.Run("build", Workbench.Unsupported, "-o", _folder["out.plan"], "-v").Exits(1).Errors, Does.Contain("[verbose]").And.Contain("IParser"), "TensorRT's own words");
    }

    [Test]
    public void Dimensions_of_one_name_are_freed()
    {
        new OnnxModel().Input("a", OnnxType.Float32, "rows", 4).Input("b", OnnxType.Float32, "rows", 4)
            .Output("y", OnnxType.Float32, "all", 4).Node("Concat", ["a", "b"], ["y"], attributes: [OnnxAttributes.Int("axis", 0)]).Save(_folder["join.onnx"]);
        string[] build = ["build", _folder["join.onnx"], "-o", _folder["join.plan"], "--profile", "a:min=1x4,opt=4x4,max=8x4;b:min=1x4,opt=5x4,max=8x4"];
        Cli.Run(build).Fails(1, "'rows': dimension 0 of 'a' has min 1, opt 4, max 8", "--rename-dims");
        Cli.Run([.. build, "--rename-dims"]).Exits(0);
    }

    [Test]
    public void Missing_external_data_is_named() => BuildFails(Workbench.MissingData, 1, "absent-weights.bin");

    [Test]
    public void Missing_models_and_folders()
    {
        BuildFails(_folder["none.onnx"], 1, "none.onnx does not exist");
        BuildFails(_folder.Path, 1, "is a folder");
    }

    [Test]
    public void A_dynamic_model_needs_a_profile() => BuildFails(Workbench.AddOne, 2, "x", "profile");

    [Test]
    public void Profiles_must_be_ordered_complete_and_of_this_model()
    {
        BuildFails(Workbench.AddOne, 2, ["dimension 0 of 'x' is min 8, opt 4, max 8"], "--profile", "x:min=8x4,opt=4x4,max=8x4");
        BuildFails(Workbench.Sum, 2, ["right"], "--profile", "left:min=1x2,opt=2x2,max=4x2");
        BuildFails(Workbench.AddOne, 2, ["'x'"], "--profile", "xx:max=8x4");
        BuildFails(Workbench.AddOne, 2, ["x"], "--profile", "x:max=8x5");
        BuildFails(Workbench.AddOne, 2, ["x"], "--profile", "x:max=8");
    }

    [Test]
    public void Plans_that_are_none()
    {
        File.WriteAllText(_folder["empty.plan"], "");
        File.WriteAllText(_folder["text.plan"], "this is not a plan, though it is long enough to be mistaken for something with a header in front");
        foreach (string name in new[] { "empty.plan", "text.plan" })
        {
            foreach (string command in new[] { "inspect", "run", "bench" })
            {
                Cli.Run(command, _folder[name]).Fails(1, name);
            }
        }
    }

    [Test]
    public void Truncated_and_flipped_plans_never_reach_the_deserializer()
    {
        byte[] good = File.ReadAllBytes(Workbench.StaticPlan);
        foreach (int length in new[] { 8, good.Length / 2, good.Length - 1 })
        {
            File.WriteAllBytes(_folder["cut.plan"], good[..length]);
            Cli.Run("run", _folder["cut.plan"]).Fails(1, "cut.plan");
        }

        foreach (int at in new[] { 20, 60, good.Length / 2, good.Length - 3 })
        {
            byte[] flipped = [.. good];
            flipped[at] ^= 1;
            File.WriteAllBytes(_folder["flipped.plan"], flipped);
            Cli.Run("run", _folder["flipped.plan"]).Fails(1, "flipped.plan");
            Cli.Run("inspect", _folder["flipped.plan"]).Fails(1, "flipped.plan");
        }
    }

    [Test]
    public void Foreign_plans_say_built_with_and_running_on()
    {
        byte[] good = File.ReadAllBytes(Workbench.StaticPlan);
        File.WriteAllBytes(_folder["version.plan"], PlanEditor.WithTensorRt(good, 70201));
        CliResult version = Cli.Run("run", _folder["version.plan"], "--json").Fails(1, "built with", "7.2.1", "running on");
        Assert.That(version.Json().GetProperty("error").GetProperty("builtWith").GetString(), Does.Contain("7.2.1"));
        Assert.That(version.Json().GetProperty("error").GetProperty("runningOn").GetString(), Is.Not.Empty);

        File.WriteAllBytes(_folder["device.plan"], PlanEditor.WithDevice(good, "Imaginary 9000", 99));
        Cli.Run("bench", _folder["device.plan"]).Fails(1, "Imaginary 9000");
        // What it is can still be asked.
        Assert.That(Cli.Run("inspect", _folder["device.plan"], "--json").Exits(0).Json().GetProperty("kind").GetString(), Is.EqualTo("plan"));
    }

    [TestCase(new[] { "--batch", "16" }, "dimension 0 is 16", "allows 1 to 8")]
    [TestCase(new[] { "--shapes", "x:9x4" }, "dimension 0 is 9", "allows 1 to 8")]
    [TestCase(new[] { "--shapes", "x:2x5" }, "dimension 1 is 5", "allows 4")]
    [TestCase(new[] { "--shapes", "x:2x2x2" }, "2 dimensions", "2x2x2")]
    [TestCase(new[] { "--shapes", "xx:2x4" }, "no input 'xx'", "Did you mean 'x'?")]
    [TestCase(new[] { "--profile-index", "3" }, "--profile-index 3", "1 profile")]
    [TestCase(new[] { "--fp16" }, "--fp16", "is a plan")]
    public void Shapes_must_fit_the_plan(string[] options, string problem, string help)
    {
        Cli.Run(["run", Workbench.AddOnePlan, .. options]).Fails(2, problem, help);
        Cli.Run(["bench", Workbench.AddOnePlan, "--duration", "0", .. options]).Fails(2, problem, help);
    }

    [Test]
    public void A_served_model_is_refused_in_the_words_of_the_command_line() =>
        Cli.Run("serve", Workbench.AddOnePlan, "--max-batch", "100", "--port", "0").Fails(2, "Model 'addone'", "100");

    [Test]
    public void A_fixed_batch_cannot_be_changed() => Cli.Run("bench", Workbench.StaticPlan, "--batch", "4").Fails(2, "--batch 4", "'x' is 2x3");

    [Test]
    public void Models_with_other_dynamic_dimensions_need_shapes() =>
        Cli.Run("run", Workbench.Sum).Fails(2, "dimension 1 is dynamic", "--shapes left:");

    [Test]
    public void Npy_files_must_fit_the_input()
    {
        NpyFile.Write<double>(_folder["f8.npy"], [2, 3], [1, 2, 3, 4, -1e39, 6]);
        RunFails(2, "f8.npy", "-1E+39 at [1, 1]", "'x' is float32", "-3.4028235E+38 to 3.4028235E+38");
        File.WriteAllBytes(_folder["i4.npy"], NpyBytes.Make(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", new byte[24]));
        RunFails(2, "i4.npy", "int32", "is float32", "astype('float32')");
        Workbench.Floats(_folder, "shape.npy", [3, 2], new float[6]);
        RunFails(2, "shape.npy", "3x2", "2x3");
        Workbench.Floats(_folder, "rank.npy", [6], new float[6]);
        RunFails(2, "rank.npy", "has shape 6", "2x3");
        File.WriteAllBytes(_folder["cut.npy"], File.ReadAllBytes(_folder["shape.npy"])[..^1]);
        RunFails(1, "cut.npy", "is truncated", "needs 24 bytes");
        File.WriteAllText(_folder["text.npy"], "1.0, 2.0, 3.0");
        RunFails(1, "text.npy", "does not begin as a .npy file does");
        RunFails(1, "none.npy", "does not exist");
        Cli.Run("run", Workbench.StaticPlan, "--input", $"xx={_folder["shape.npy"]}").Fails(2, "no input 'xx'", "Did you mean 'x'?");
        Cli.Run("run", Workbench.AddOnePlan, "--shapes", "x:2x4", "--input", $"x={Workbench.Floats(_folder, "b.npy", [3, 4], new float[12])}").Fails(2, "b.npy", "3x4", "2x4");
    }

    [Test]
    public void Unwritable_outputs_are_said_before_or_after_the_work()
    {
        BuildFailsTo(_folder["none/out.plan"], 1, "does not exist");
        BuildFailsTo(_folder.Path, 1, "is a folder");
        File.WriteAllText(_folder["file"], "");
        Cli.Run("run", Workbench.StaticPlan, "--output-dir", _folder["file/out"]).Fails(1, _folder["file/out"]);
        Cli.Run("bench", Workbench.StaticPlan, "--duration", "0", "--export-times", _folder["none/t.json"]).Fails(1, _folder["none/t.json"]);
        Assert.That(_folder.Files(), Is.EqualTo(["file"]));
    }

    [Test]
    public void Full_disks_leave_nothing()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("needs a shell with limits");
        }
        // A file may have one block of 512 bytes; with the signal ignored, writing more is an error as on a full disk.
        // The .NET runtime itself wants a large file unless told not to.
        const string Limited = "trap '' XFSZ; ulimit -f 1; export DOTNET_EnableWriteXorExecute=0; exec \"$@\"";
        Cli.RunInShell(Limited, "build", Workbench.Static, "-o", _folder["out.plan"]).Fails(1, "out.plan");
        Workbench.Floats(_folder, "x.npy", [8, 4], new float[32]);
        Cli.RunInShell(Limited, "bench", Workbench.StaticPlan, "--duration", "0", "--iterations", "100", "--export-times", _folder["t.json"]).Fails(1, "t.json cannot be written");
        Assert.That(_folder.Files(), Is.EqualTo(["x.npy"]));
        if (File.Exists("/dev/full"))
        {
            BuildFailsTo("/dev/full", 1, "/dev/full cannot be written", "No space left");
            Assert.That(File.Exists("/dev/full"));
        }
    }

    [Test]
    public void An_absent_device_is_named() => Cli.Run("bench", Workbench.StaticPlan, "--device", "77").Fails(2, "77");

    private void RunFails(int code, string file, params string[] words) =>
        Cli.Run("run", Workbench.StaticPlan, "--input", $"x={_folder[file]}", "--output-dir", _folder["out"]).Fails(code, [file, .. words]);

    private void BuildFails(string model, int code, params string[] words) => BuildFails(model, code, words, []);

    private void BuildFails(string model, int code, string[] words, params string[] options)
    {
        Cli.Run(["build", model, "-o", _folder["out.plan"], .. options]).Fails(code, words);
        Assert.That(_folder.Files().Where(f => !f.EndsWith(".onnx", StringComparison.Ordinal)), Is.Empty);
    }

    private static void BuildFailsTo(string output, int code, params string[] words) =>
        Cli.Run("build", Workbench.Static, "-o", output).Fails(code, words);
}
