namespace Pinion.Cli.Tests;

public sealed class HelpTests
{
    [TestCase("doctor")]
    [TestCase("build")]
    [TestCase("cache list")]
    [TestCase("cache why")]
    [TestCase("cache prune")]
    [TestCase("cache verify")]
    [TestCase("inspect")]
    [TestCase("preprocess")]
    [TestCase("run")]
    [TestCase("bench")]
    [TestCase("serve")]
    [TestCase("suite")]
    [TestCase("gpu-check")]
    [TestCase("export triton")]
    [TestCase("export kserve")]
    public void Every_command_helps_with_examples(string command)
    {
        CliResult help = Cli.Run([.. command.Split(' '), "--help"]).Exits(0);
        Assert.That(help.Output, Does.Contain($"pinion {command}").And.Contain("Examples:\n  ").And.Contain("--json"));
        Assert.That(help.Errors, Is.Empty);
    }

    [Test]
    public void Root_help_lists_all_commands()
    {
        string help = Cli.Run("--help").Exits(0).Output;
        foreach (string command in new[] { "doctor", "build", "cache", "inspect", "run", "bench", "serve", "suite", "gpu-check", "trtexec" })
        {
            Assert.That(help, Does.Match($"(?m)^  {command} "));
        }
    }

    [Test]
    public void Every_command_has_the_name_that_it_is_found_by() =>
        Assert.That(CommandLine.Commands.Select(c => c.Create().Name), Is.EqualTo(CommandLine.Commands.Select(c => c.Name)));

    [Test]
    public void Trtexec_helps() => Assert.That(Cli.Run("trtexec", "--help").Exits(0).Output, Does.Contain("--memPoolSize").And.Contain("Examples:"));

    /// <summary>Nothing that is found nowhere may be needed for help or the version.</summary>
    [Test]
    public void Neither_help_nor_version_loads_a_native_library()
    {
        (string, string)[] nothing = [("PINION_SDK", "nvidia"), ("PINION_NATIVE_DIR", "/nonexistent")];
        Assert.That(Cli.RunWith(nothing, "--version").Exits(0).Output, Does.Match(@"^\d+\.\d+\.\d+\S*\n$"));
        Cli.RunWith(nothing, "bench", "--help").Exits(0);
    }

    [TestCase("Required command", new string[0])]
    [TestCase("Did you mean bench?", new[] { "bnch" })]
    [TestCase("There is no option --battch. Did you mean --batch?", new[] { "bench", "--battch", "3", "x.plan" })]
    [TestCase("There is no option --jsn. Did you mean --json?", new[] { "inspect", "x.plan", "--jsn" })]
    [TestCase("Required argument 'PLAN|MODEL' missing", new[] { "bench" })]
    [TestCase("--output", new[] { "build", "x.onnx" })]
    [TestCase("many", new[] { "bench", "x.plan", "--iterations", "many" })]
    [TestCase("--streams 0 is out of range; 1 to 64", new[] { "bench", "x.plan", "--streams", "0" })]
    [TestCase("--duration -1 is out of range", new[] { "bench", "x.plan", "--duration", "-1" })]
    [TestCase("--spin and --block", new[] { "bench", "x.plan", "--spin", "--block" })]
    [TestCase("--batch '0'", new[] { "bench", "x.plan", "--batch", "0" })]
    [TestCase("has 4 twice", new[] { "bench", "x.plan", "--batch", "4,4" })]
    [TestCase("run takes one batch size", new[] { "run", "x.plan", "--batch", "1,4" })]
    [TestCase("NAME=FILE.npy", new[] { "run", "x.plan", "--input", "a.npy" })]
    [TestCase("both describe profiles", new[] { "build", "x.onnx", "-o", "x.plan", "--profile", "x:max=1", "--max-shapes", "x:1" })]
    [TestCase("--workspace 'much'", new[] { "build", "x.onnx", "-o", "x.plan", "--workspace", "much" })]
    [TestCase("--optimization-level 9", new[] { "build", "x.onnx", "-o", "x.plan", "--optimization-level", "9" })]
    [TestCase("--layer-precision 'a:int8'", new[] { "build", "x.onnx", "-o", "x.plan", "--layer-precision", "a:int8" })]
    [TestCase("--tactic-sources: 'CUDN'", new[] { "build", "x.onnx", "-o", "x.plan", "--tactic-sources", "CUDN" })]
    [TestCase("--hardware-compatibility 'all'", new[] { "build", "x.onnx", "-o", "x.plan", "--hardware-compatibility", "all" })]
    [TestCase("--layers needs a plan", new[] { "inspect", "@MODEL", "--layers" })]
    public void Wrong_usage_is_exit_code_two(string reason, string[] args)
    {
        args = [.. args.Select(a => a == "@MODEL" ? Workbench.AddOne : a)];
        CliResult result = Cli.Run(args).Fails(2, reason);
        Assert.That(result.Output, Is.Empty);
    }

    [Test]
    public void Wrong_usage_with_json_is_a_document_too()
    {
        CliResult result = Cli.Run("bench", "x.plan", "--json", "--streams", "0").Exits(2);
        Assert.That(result.Json().GetProperty("error").GetProperty("exitCode").GetInt32(), Is.EqualTo(2));
        Assert.That(Cli.Run("bench", "x.plan", "--json", "--nope").Exits(2).Json().GetProperty("error").GetProperty("message").GetString(), Does.Contain("--nope"));
    }
}
