using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>The zoo's commands, and zoo:NAME where other commands take a model.</summary>
public sealed class ZooTests
{
    private const string Smallest = "DPN68";
    private const int SmallestTensors = 361;

    [TestCase("list")]
    [TestCase("show")]
    [TestCase("export")]
    public void Every_verb_helps_with_examples(string verb) =>
        Assert.That(Cli.Run("zoo", verb, "--help").Exits(0).Output, Does.Contain($"pinion zoo {verb}").And.Contain("Examples:\n  ").And.Contain("--json"));

    /// <summary>The catalog and the exporter are C# alone.</summary>
    [Test]
    public void Nothing_native_is_needed()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        (string, string)[] nothing = [("PINION_SDK", "nvidia"), ("PINION_NATIVE_DIR", "/nonexistent")];
        Cli.RunWith(nothing, "zoo", "list").Exits(0);
        Cli.RunWith(nothing, "zoo", "export", Smallest, "-o", folder["m.onnx"]).Exits(0);
    }

    [Test]
    public void The_list_has_every_name_with_counts_and_published_figures()
    {
        JsonElement[] models = [.. Cli.Run("zoo", "list", "--json").Exits(0).Json().GetProperty("models").EnumerateArray()];
        Assert.That(models, Has.Length.EqualTo(21));
        foreach (JsonElement m in models)
        {
            Assert.That(
                m.EnumerateObject().Select(p => p.Name),
                Is.EqualTo(["name", "network", "family", "inputShape", "classes", "opsets", "parameters", "statistics", "tensors", "macs", "published"]));
        }

        JsonElement dpn = models.Single(m => m.GetProperty("name").GetString() == Smallest);
        Assert.That(dpn.GetProperty("parameters").GetInt64(), Is.EqualTo(12_611_602));
        JsonElement macs = dpn.GetProperty("macs");
        Assert.That(macs.GetProperty("conv").GetInt64(), Is.EqualTo(2_325_331_456));
        Assert.That(macs.GetProperty("total").GetInt64(), Is.EqualTo(2_325_331_456 + 832_000));
        JsonElement published = dpn.GetProperty("published");
        Assert.That(published.GetProperty("top1").GetDouble(), Is.EqualTo(0.768));
        Assert.That(published.GetProperty("notes")[0].GetProperty("wrong").GetBoolean(), Is.True);
        JsonElement latency = published.GetProperty("latencies").EnumerateArray().First(l => l.GetProperty("gpu").GetString() == "V100");
        Assert.That(latency.GetProperty("millisecondsByBatch").EnumerateObject().Select(p => p.Name), Is.EqualTo(["1", "4", "8"]));
    }

    [Test]
    public void The_list_marks_figures_that_are_wrong()
    {
        string text = Cli.Run("zoo", "list").Exits(0).Output;
        Assert.That(text, Does.Match(@"(?m)^Res2Net50_14w_8s .* 9\.01 \[\d+\] +25\.72 \[\d+\] "));
        Assert.That(text, Does.Match(@"(?m)^\[\d+\] Wrong: .*Res2Net50_vd_26w_4s are swapped"));
        Assert.That(text, Does.Match(@"(?m)^DPN131 .* 3x224x224 "));
    }

    [Test]
    public void Show_adds_up()
    {
        JsonElement d = Cli.Run("zoo", "show", "res2net50_26W_4s", "--opset", "17", "--json").Exits(0).Json();
        Assert.That(d.GetProperty("opset").GetInt32(), Is.EqualTo(17));
        JsonElement model = d.GetProperty("model");
        Assert.That(model.GetProperty("name").GetString(), Is.EqualTo("Res2Net50_26w_4s"));
        long total = model.GetProperty("macs").GetProperty("total").GetInt64();
        foreach (string parts in new[] { "stages", "layers" })
        {
            Assert.That(d.GetProperty(parts).EnumerateArray().Sum(p => p.GetProperty("macs").GetProperty("total").GetInt64()), Is.EqualTo(total), parts);
        }

        Assert.That(d.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("name").GetString()), Does.Contain("stage 4"));
        string text = Cli.Run("zoo", "show", "zoo:Res2Net50_26w_4s").Exits(0).Output;
        Assert.That(text, Does.Match(@"(?m)^stage 4 +\d+ +1x2048x7x7 ").And.Match(@"(?m)^stage 1 +bb_0_0\.conv0\._conv +Convolution +1x104x56x56 "));
        Assert.That(text, Does.Contain("V100 fp32, TensorRT 8.0.3.4: batch 1 "));
    }

    [Test]
    public void Exports_are_the_same_everywhere_and_follow_the_seed()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        CliResult first = Cli.Run("zoo", "export", Smallest, "-o", folder["a.onnx"], "--seed", "7").Exits(0);
        Assert.That(first.Output, Does.Contain("a.onnx: ").And.Contain("weights from seed 7, not trained"));
        JsonElement d = Cli.Run("zoo", "export", "dpn68", "-o", folder["b.onnx"], "--seed", "7", "--json").Exits(0).Json();
        JsonElement file = d.GetProperty("files").EnumerateArray().Single();
        Assert.That(file.GetProperty("model").GetString(), Is.EqualTo(Smallest));
        Assert.That(file.GetProperty("sizeBytes").GetInt64(), Is.EqualTo(new FileInfo(folder["b.onnx"]).Length));
        Assert.That(file.GetProperty("tensors").GetInt32(), Is.EqualTo(SmallestTensors));
        Assert.That(d.GetProperty("seed").GetInt32(), Is.EqualTo(7));
        Assert.That(File.ReadAllBytes(folder["a.onnx"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["b.onnx"])), Is.True);
        Cli.Run("zoo", "export", Smallest, "-o", folder["b.onnx"]).Exits(0);
        Assert.That(File.ReadAllBytes(folder["a.onnx"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["b.onnx"])), Is.False);
        Assert.That(folder.Files(), Is.EquivalentTo(["a.onnx", "b.onnx"]));
    }

    [Test]
    public void Options_reach_the_graph_and_inspect_counts_it()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("zoo", "export", "alt_gvt_small", "-o", folder["m.onnx"], "--opset", "17", "--batch", "4", "--no-softmax").Exits(0);
        JsonElement d = Cli.Run("inspect", folder["m.onnx"], "--json").Exits(0).Json();
        Assert.That(d.GetProperty("inputs")[0].GetProperty("shape").EnumerateArray().Select(s => s.GetInt32()), Is.EqualTo([4, 3, 224, 224]));
        Assert.That(d.GetProperty("outputs")[0].GetProperty("name").GetString(), Is.EqualTo("logits"));
        JsonElement counts = d.GetProperty("counts");
        Assert.That(counts.GetProperty("opset").GetInt32(), Is.EqualTo(17));
        Assert.That(counts.GetProperty("parameters").GetInt64(), Is.EqualTo(24_060_776));
        Assert.That(counts.GetProperty("macs").GetProperty("attention").GetInt64(), Is.EqualTo(4 * 118_013_952));
        Assert.That(counts.GetProperty("operators").GetProperty("LayerNormalization").GetInt32(), Is.EqualTo(48));
        Assert.That(counts.GetProperty("uncounted").GetArrayLength(), Is.Zero);
    }

    [Test]
    public void Inspect_counts_at_the_shapes_given()
    {
        JsonElement open = Cli.Run("inspect", MatMul(), "--json").Exits(0).Json().GetProperty("counts");
        Assert.That(open.GetProperty("uncounted").GetArrayLength(), Is.EqualTo(1));
        Assert.That(open.GetProperty("parameters").GetInt64(), Is.EqualTo(8));
        JsonElement at = Cli.Run("inspect", MatMul(), "--json", "--shapes", "x:3x5x4").Exits(0).Json().GetProperty("counts");
        Assert.That(at.GetProperty("macs").GetProperty("linear").GetInt64(), Is.EqualTo(3 * 5 * 4 * 2));
        string text = Cli.Run("inspect", MatMul()).Exits(0).Output;
        Assert.That(text, Does.Contain("at least 0").And.Contain("1 node is not counted").And.Contain("sizes of x -1x-1x4: --shapes x:1xNx4 with numbers for N"));
        Cli.Run("inspect", MatMul(), "--shapes", "x:3x5x7").Fails(2, "3x5x7 does not fit");
        Cli.Run("inspect", Workbench.AddOnePlan, "--shapes", "x:1x4").Fails(2, "is a plan");
    }

    [Test]
    public void A_zoo_model_builds_for_batches_one_to_eight()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        CliResult built = Cli.Run("build", $"zoo:{Smallest}", "-o", folder["d.plan"], "--json").Exits(0);
        Assert.That(built.Errors, Does.Contain("not trained").And.Contain("batches 1 to 8"));
        Assert.That(built.Json().GetProperty("model").GetString(), Is.EqualTo($"zoo:{Smallest}"));
        JsonElement plan = Cli.Run("inspect", folder["d.plan"], "--json").Exits(0).Json();
        JsonElement range = plan.GetProperty("profiles")[0].GetProperty("x");
        Assert.That((range.GetProperty("min")[0].GetInt32(), range.GetProperty("max")[0].GetInt32()), Is.EqualTo((1, 8)));
        Assert.That(plan.GetProperty("model").GetString(), Is.EqualTo($"{Smallest}.onnx"));

        JsonElement bench = Cli.Run(
            "bench", folder["d.plan"], "--batch", "1,4,8", "--iterations", "1", "--duration", "0", "--warm-up", "0", "--json").Exits(0).Json();
        Assert.That(bench.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("batch").GetInt32()), Is.EqualTo([1, 4, 8]));
        Assert.That(folder.Files(), Is.EqualTo(["d.plan"]));
    }

    [Test]
    public void A_zoo_model_runs_and_leaves_no_temporary_file()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        (string, string)[] temporary = [("TMPDIR", folder.Path), ("TMP", folder.Path)];
        CliResult run = Cli.RunWith(temporary, "run", $"zoo:{Smallest}", "--batch", "2", "--json").Exits(0);
        JsonElement output = run.Json().GetProperty("outputs").EnumerateArray().Single();
        Assert.That(output.GetProperty("elements").GetInt32(), Is.EqualTo(2000));
        Assert.That(output.GetProperty("mean").GetDouble(), Is.EqualTo(1e-3).Within(1e-6), "probabilities of 1000 classes");
        Assert.That(Directory.GetFileSystemEntries(folder.Path, "pinion*"), Is.Empty, "ONNX Runtime may leave files of its own");
        JsonElement inspected = Cli.RunWith(temporary, "inspect", $"zoo:{Smallest}", "--json").Exits(0).Json();
        Assert.That(inspected.GetProperty("counts").GetProperty("parameters").GetInt64(), Is.EqualTo(12_611_602));
        CliResult trtexec = Cli.RunWith(
            temporary, "trtexec", $"--onnx=zoo:{Smallest}", "--shapes=x:1x3x224x224", "--iterations=1", "--duration=0", "--warmUp=0").Exits(0);
        Assert.That(trtexec.Output, Does.Contain("&&&& PASSED"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path, "pinion*"), Is.Empty, "ONNX Runtime may leave files of its own");
    }

    [TestCase("There is no model 'DPN86' in the zoo; did you mean 'DPN68'?", new[] { "zoo", "show", "DPN86" })]
    [TestCase("did you mean 'pcpvt_small'?", new[] { "build", "zoo:twins_pcpvt_small", "-o", "@OUT" })]
    [TestCase("There is no model '' in the zoo. pinion zoo list shows all", new[] { "inspect", "zoo:" })]
    [TestCase("There is no model '/etc/passwd' in the zoo. pinion", new[] { "build", "ZOO:/etc/passwd", "-o", "@OUT" })]
    [TestCase("argument '99999999999' for option '--seed'; write a whole number from -2147483648 to 2147483647.", new[] { "zoo", "export", "DPN68", "-o", "@OUT", "--seed", "99999999999" })]
    [TestCase("argument '-1' for option '--seed'; write a whole number from 0 to 18446744073709551615.", new[] { "run", "zoo:DPN68", "--seed", "-1" })]
    [TestCase("argument 'long' for option '--duration'; write a number.", new[] { "bench", "zoo:DPN68", "--duration", "long" })]
    [TestCase("did you mean 'TNT_base'?", new[] { "bench", "zoo:TNT_bas" })]
    [TestCase("See 'pinion zoo --help'", new[] { "zoo" })]
    [TestCase("Did you mean export?", new[] { "zoo", "exprt" })]
    [TestCase("Name one network, or give --all", new[] { "zoo", "export", "-o", "@OUT" })]
    [TestCase("Name one network, or give --all", new[] { "zoo", "export", "DPN68", "--all", "-o", "@OUT" })]
    [TestCase("--weights holds the weights of one network", new[] { "zoo", "export", "--all", "-o", "@OUT", "--weights", "w.pdparams" })]
    [TestCase("--weights and --seed are two sources", new[] { "zoo", "export", "DPN68", "-o", "@OUT", "--weights", "w.pdparams", "--seed", "1" })]
    [TestCase("--batch '0' is no batch size", new[] { "zoo", "export", "DPN68", "-o", "@OUT", "--batch", "0" })]
    [TestCase("--opset 14 is not written; choose 13 or 17", new[] { "zoo", "export", "DPN68", "-o", "@OUT", "--opset", "14" })]
    [TestCase("-o is empty", new[] { "zoo", "export", "DPN68", "-o", "" })]
    [TestCase("-o is empty", new[] { "build", "zoo:DPN68", "-o", "" })]
    [TestCase("--weights is empty", new[] { "zoo", "export", "DPN68", "-o", "@OUT", "--weights", "" })]
    [TestCase("See 'pinion zoo export --help'", new[] { "zoo", "export", "DPN68" })]
    public void Wrong_usage_is_exit_code_two(string reason, string[] args)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        CliResult result = Cli.Run([.. args.Select(a => a == "@OUT" ? folder["out"] : a)]).Fails(2, reason);
        Assert.That(result.Output, Is.Empty);
        Assert.That(folder.Files(), Is.Empty);
    }

    [Test]
    public void Files_that_cannot_be_written_are_named_and_leave_nothing()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("zoo", "export", Smallest, "-o", folder["none/m.onnx"]).Fails(1, $"none/m.onnx cannot be written: the folder {folder["none"]} does not exist.");
        Cli.Run("zoo", "export", Smallest, "-o", folder.Path).Fails(1, "it is a folder; name a file in it.");
        File.WriteAllText(folder["file"], "");
        Cli.Run("zoo", "export", "--all", "-o", folder["file"]).Fails(1, "file cannot be made: ");
        if (OperatingSystem.IsLinux())
        {
            Cli.Run("zoo", "export", Smallest, "-o", "/dev/full").Fails(1, "/dev/full cannot be written: No space left on device.");
            Cli.Run("zoo", "export", Smallest, "-o", "/dev/none").Fails(1, "/dev/none cannot be written: it does not exist.");
            Cli.RunWith([("TMPDIR", folder["none"])], "run", $"zoo:{Smallest}").Fails(1, $"zoo:{Smallest} cannot be written to", "TMPDIR");
        }

        Assert.That(folder.Files(), Is.EqualTo(["file"]));
    }

    [Test]
    public void Json_has_every_name_that_does_not_fit()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllBytes(folder["w.pdparams"], [0x80, 2, .. "}X\x05\0\0\0epochK\x01s."u8]);
        CliResult result = Cli.Run("zoo", "export", Smallest, "-o", folder["m.onnx"], "--weights", folder["w.pdparams"], "--json");
        result.Fails(1, "361 missing: conv1_x_1_func._conv.weight, ", " and 356 more; 1 not of this network: epoch. --json lists all.");
        JsonElement weights = result.Json().GetProperty("error").GetProperty("weights");
        Assert.That(weights.GetProperty("missing").GetArrayLength(), Is.EqualTo(361));
        Assert.That(weights.GetProperty("extra").EnumerateArray().Select(e => e.GetString()), Is.EqualTo(["epoch"]));
        Assert.That(weights.GetProperty("mismatched").GetArrayLength(), Is.Zero);
        Assert.That(weights.GetProperty("fits").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void Weights_files_that_cannot_be_opened_are_named_in_a_sentence()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        void Refused(string weights, string reason) =>
            Cli.Run("zoo", "export", Smallest, "-o", folder["m.onnx"], "--weights", weights).Fails(1, $"'{weights}': {reason}.{Environment.NewLine}");
        Refused(folder["none.pdparams"], "it does not exist");
        Refused(folder.Path, "it is a folder");
        Assert.That(folder.Files(), Is.Empty);
    }

    [Test]
    public void Families_are_written_as_their_papers_do()
    {
        Assert.That(Cli.Run("zoo", "list").Exits(0).Output, Does.Contain(" TNT ").And.Contain(" DPN ").And.Contain("FLOPs of Twins, TNT: "));
        Assert.That(Cli.Run("zoo", "show", Smallest).Exits(0).Output, Does.StartWith("DPN68: DPN;"));
    }

    /// <summary>Summaries go elsewhere when the model itself goes to standard output, which need not begin at its beginning.</summary>
    [Test]
    [Platform(Exclude = "Win")]
    public void A_model_on_standard_output_is_the_model_alone()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run("zoo", "export", Smallest, "-o", folder["d.onnx"]).Exits(0);
        byte[] expected = File.ReadAllBytes(folder["d.onnx"]);
        foreach (string redirection in new[] { $"> '{folder["o"]}'", $">> '{folder["o"]}'", $"| cat > '{folder["o"]}'" })
        {
            File.WriteAllText(folder["o"], redirection[1] == '>' ? "before" : "");
            CliResult result = Cli.RunInShell($"\"$@\" {redirection}", "zoo", "export", Smallest, "-o", "/dev/stdout").Exits(0);
            Assert.That(result.Errors, Does.Contain("/dev/stdout: ").And.Contain("not trained"));
            byte[] before = redirection[1] == '>' ? "before"u8.ToArray() : [];
            Assert.That(File.ReadAllBytes(folder["o"]).AsSpan().SequenceEqual([.. before, .. expected]), Is.True, redirection);
        }

        Cli.Run("zoo", "export", Smallest, "-o", "/dev/stdout", "--json").Fails(2, "--json prints its document to standard output");
        Cli.Run("build", Workbench.Static, "-o", "/dev/stdout", "--json").Fails(2, "--json prints its document to standard output");
        CliResult built = Cli.RunInShell($"\"$@\" > '{folder["p"]}'", "build", Workbench.Static, "-o", "/dev/stdout").Exits(0);
        Assert.That(built.Errors, Does.Contain("/dev/stdout: "));
        Assert.That(Cli.Run("inspect", folder["p"], "--json").Exits(0).Json().GetProperty("sizeBytes").GetInt64(), Is.EqualTo(new FileInfo(folder["p"]).Length));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void A_limit_on_file_sizes_is_a_failure_that_names_the_file()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        const string Limited = "trap '' XFSZ; ulimit -f 20000; DOTNET_EnableWriteXorExecute=0 \"$@\"";
        Cli.RunInShell(Limited, "zoo", "export", Smallest, "-o", folder["m.onnx"]).Fails(1, $"{folder["m.onnx"]} cannot be written: ");
        Cli.RunInShell(Limited, "build", $"zoo:{Smallest}", "-o", folder["m.plan"]).Fails(1, $"zoo:{Smallest} cannot be written to ", "too large");
        Assert.That(folder.Files(), Is.Empty);
    }

    [Test]
    public void The_weights_file_is_not_overwritten()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllText(folder["w.pdparams"], "trained");
        Cli.Run("zoo", "export", Smallest, "--weights", folder["w.pdparams"], "-o", folder["./w.pdparams"]).Fails(2, "the file of --weights");
        Assert.That(File.ReadAllText(folder["w.pdparams"]), Is.EqualTo("trained"));
    }

    [TestCase("}.", "361 missing: conv1_x_1_func._conv.weight", TestName = "NoTensors")]
    [TestCase("cos\nsystem\n.", "'os.system', which is refused; nothing was executed", TestName = "ACall")]
    [TestCase("}", "the file is cut off", TestName = "CutOff")]
    public void Weights_that_do_not_fit_are_refused(string opcodes, string reason)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllBytes(folder["w.pdparams"], [0x80, 2, .. Encoding.ASCII.GetBytes(opcodes)]);
        CliResult result = Cli.Run("zoo", "export", Smallest, "-o", folder["m.onnx"], "--weights", folder["w.pdparams"]).Fails(1, "w.pdparams", reason);
        Assert.That(result.Output, Is.Empty);
        Assert.That(folder.Files(), Is.EqualTo(["w.pdparams"]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void An_interrupted_export_of_all_leaves_whole_files_only()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        using Process process = Cli.Start([], ["zoo", "export", "--all", "-o", folder["models"]]);
        string? line = process.StandardError.ReadLine();
        Assert.That(line, Does.Contain("exporting pcpvt_small (1 of 21)"));
        line = process.StandardOutput.ReadLine();
        Assert.That(line, Does.Contain("pcpvt_small.onnx: "));
        using (var kill = Process.Start("/bin/sh", ["-c", $"kill -INT {process.Id}"]))
        {
            kill.WaitForExit();
        }

        CliResult result = Cli.Finish(process);
        Assert.That(result.ExitCode, Is.EqualTo(130), result.Errors);
        string[] left = [.. Directory.GetFiles(folder["models"]).Select(f => Path.GetFileName(f))];
        Assert.That(left, Does.Contain("pcpvt_small.onnx").And.All.EndsWith(".onnx"));
        Assert.That(left, Has.Length.LessThan(21).And.None.StartsWith("."));
    }

    /// <summary>y = x w, [batch, width, 4] times [4, 2].</summary>
    private static string MatMul() => new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", "width", 4).Output("y", OnnxType.Float32, "batch", "width", 2)
        .Constant("w", [4, 2], [1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f]).Node("MatMul", ["x", "w"], ["y"]).Save(Workbench.Path("matmul.onnx"));
}
