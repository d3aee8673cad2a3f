using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>The check of a GPU, tried on the host SDK.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
public sealed partial class GpuCheckTests
{
    private const string TensorRtFaults = "PINION_HOST_TENSORRT_FAULTS";

    private const string Healthy = """
        #!/bin/sh
        echo '[ RUN      ] Session.Runs'
        echo '[       OK ] Session.Runs (3 ms)'
        echo '[ RUN      ] Session.NeedsAnotherDevice'
        echo '[  SKIPPED ] Session.NeedsAnotherDevice (0 ms)'
        """;

    /// <summary>As a program of GoogleTest that dies in its second test; the filter leaves out what has begun.</summary>
    private const string Crashing = """
        #!/bin/sh
        case "$*" in
        *--gtest_filter=-Session.Runs:Session.Dies*)
            echo '[ RUN      ] Session.Differs'
            echo 'session_test.cpp:12: Failure'
            echo 'Expected equality of these values'
            echo '[  FAILED  ] Session.Differs (1 ms)'
            exit 1 ;;
        esac
        echo '[ RUN      ] Session.Runs'
        echo '[       OK ] Session.Runs (3 ms)'
        echo '[ RUN      ] Session.Dies'
        echo 'the last words' >&2
        kill -SEGV $$
        """;

    [Test]
    public void Without_a_GPU_that_is_said_and_is_no_failure()
    {
        Assume.That(File.Exists("/dev/nvidia0"), Is.False, "this machine has a GPU");
        using TemporaryFolder folder = Workbench.NewFolder();
        CliResult result = Cli.RunWith([("PINION_SDK", "")], "gpu-check", "-o", folder["out"], "--json").Exits(0);
        JsonElement document = result.Json();
        Assert.That(document.GetProperty("noGpu").GetString(), Does.StartWith("NVIDIA's driver is not here, or has no GPU"));
        Assert.That(document.GetProperty("passed").GetBoolean(), Is.True);
        Assert.That(Names(document), Is.EqualTo(new[] { "environment" }));
        Assert.That(result.Errors, Does.Contain("no GPU here: ").And.Contain("Nothing was checked."));
        Assert.That(File.ReadAllText(Path.Combine(folder["out"], "gpu-check.md")), Does.StartWith("# GPU check: no GPU\n"));
    }

    /// <summary>An SDK that was asked for, and that has no device to run on.</summary>
    [Test]
    public void An_SDK_that_does_not_run_here_is_a_failure_where_it_was_asked_for()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        JsonElement document = Cli.RunWith([("PINION_HOST_CUDA_FAULTS", "devices=0")], "gpu-check", "--sdk", "host", "-o", folder["out"], "--json").Exits(1).Json();
        Assert.That(document.GetProperty("passed").GetBoolean(), Is.False);
        Assert.That(document.GetProperty("noGpu").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(Names(document), Is.EqualTo(new[] { "environment" }), "nothing else can be checked");
        Assert.That(Failures(document, "environment"), Has.One.Contains("cudaErrorNoDevice"));
    }

    [Test]
    public void Every_part_passes_on_the_host_and_every_field_is_described()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Archive(folder, Healthy);
        CliResult result = Check(folder, [], "--quick");
        JsonElement document = result.Exits(0).Json();
        Assert.That(Names(document), Is.EqualTo(GpuCheckParts.All.Select(p => p.Name)));
        Assert.That(document.GetProperty("parts").EnumerateArray().Select(p => p.GetProperty("status").GetString()), Is.All.EqualTo("passed"));
        Assert.That(File.ReadAllText(Path.Combine(folder["out"], "gpu-check.json")), Is.EqualTo(result.Output));

        JsonElement tests = document.GetProperty("nativeTests")[0];
        Assert.That((tests.GetProperty("passed").GetInt32(), tests.GetProperty("failed").GetInt32(), tests.GetProperty("skipped").GetInt32()), Is.EqualTo((1, 0, 1)));
        JsonElement model = document.GetProperty("correctness")[0];
        Assert.That(model.GetProperty("graphAccuracy").GetProperty("elements").GetInt64(), Is.EqualTo(8));
        Assert.That(model.GetProperty("maxAbsAllowed").GetDouble(), Is.Positive);
        string[] measured = [.. document.GetProperty("latency").EnumerateArray().Select(m => m.GetProperty("model").GetString()!)];
        Assert.That(measured.Count(m => m.StartsWith("identity", StringComparison.Ordinal)), Is.EqualTo(8), "graph or not, two ways to wait, timings or not");
        Assert.That(measured[8..], Is.EqualTo(new[] { "16 small inputs and outputs, copied together", "16 small inputs and outputs, each copied alone" }));
        Assert.That(document.GetProperty("soak").GetProperty("runs").GetInt64(), Is.EqualTo(1000));

        AssertDescribed(Described(), document, "gpu-check");
        string page = File.ReadAllText(Path.Combine(folder["out"], "gpu-check.md"));
        foreach (string title in new[] { "Parts", "Environment", "Native tests", "Outputs against a CPU's", "Copies", "Sessions at once", "Latency", "Device memory", "Many runs" })
        {
            Assert.That(page, Does.Contain($"\n## {title}"));
        }
    }

    [TestCase("run:3+=fail", "scripted failure of a run")]
    [TestCase("parse:1=crash", "its process crashed (signal 11)")]
    public void A_part_that_fails_or_dies_is_exit_code_one_and_the_others_go_on(string fault, string reason)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        JsonElement document = Check(folder, [(TensorRtFaults, fault)], "--quick", "--only", "latency,copies,soak").Exits(1).Json();
        Assert.That(document.GetProperty("passed").GetBoolean(), Is.False);
        Assert.That(Failures(document, "latency"), Has.One.Contains(reason));
        Assert.That(Failures(document, "soak"), Has.One.Contains(reason));
        Assert.That(document.GetProperty("latency").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(Failures(document, "copies"), Is.Empty);
        Assert.That(document.GetProperty("copies").GetArrayLength(), Is.Positive);
        Assert.That(File.ReadAllText(Path.Combine(folder["out"], "gpu-check.md")), Does.StartWith("# GPU check: FAILED\n").And.Contain(reason));
    }

    [Test]
    public void A_part_that_hangs_is_ended_at_its_limit()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        JsonElement document = Check(folder, [(TensorRtFaults, "build:1=hang")], "--seconds", "1", "--only", "memory").Exits(1).Json();
        Assert.That(Failures(document, "memory"), Has.One.Contains("did not end within 10 s"));
    }

    [Test]
    public void A_program_of_tests_that_crashes_costs_the_test_that_it_crashed_in()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Archive(folder, Crashing);
        JsonElement document = Check(folder, [], "--only", "native-tests").Exits(1).Json();
        JsonElement program = document.GetProperty("nativeTests")[0];
        Assert.That((program.GetProperty("passed").GetInt32(), program.GetProperty("failed").GetInt32()), Is.EqualTo((1, 2)));
        JsonElement[] failures = [.. program.GetProperty("failures").EnumerateArray()];
        Assert.That(failures.Select(f => f.GetProperty("name").GetString()), Is.EqualTo(new[] { "Session.Dies", "Session.Differs" }));
        Assert.That(failures[0].GetProperty("message").GetString(), Is.EqualTo("crashed (signal 11): the last words"));
        Assert.That(failures[1].GetProperty("message").GetString(), Does.Contain("session_test.cpp:12: Failure\nExpected equality"));
    }

    [TestCase("#!/bin/sh\necho nothing\n", "the program ran no test")]
    [TestCase("#!/bin/sh\nexit 3\n", "ended with exit code 3")]
    [TestCase("no program at all", "cannot be started")]
    public void A_program_that_runs_no_test_has_not_passed(string program, string reason)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Archive(folder, program);
        JsonElement document = Check(folder, [], "--only", "native-tests").Exits(1).Json();
        Assert.That(document.ToString(), Does.Contain(reason));
    }

    [Test]
    public void Other_outputs_than_the_references_are_a_failure()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Archive(folder, Healthy);
        string reference = Path.Combine(folder["references"], "addone", "y.npy");
        using (TemporaryFolder scratch = new())
        {
            float[] values = Workbench.ReadFloats(reference, out long[] shape);
            values[^1] += 0.01f;
            File.Copy(Workbench.Floats(scratch, "y.npy", shape, values), reference, overwrite: true);
        }

        JsonElement document = Check(folder, [], "--only", "correctness").Exits(1).Json();
        Assert.That(Failures(document, "correctness"), Has.One.StartsWith("addone: the graph gave outputs that differ by up to 0.01").And.One.StartsWith("addone: the plain enqueue gave"));
        Assert.That(document.GetProperty("correctness")[0].GetProperty("passed").GetBoolean(), Is.False);
    }

    [Test]
    public void Runs_that_take_too_long_end_early_and_say_so()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        JsonElement answer = Cli.RunWith([(TensorRtFaults, "enqueue_delay=100"), ("PINION_SDK", "host")], "gpu-check-part", "soak", "--folder", folder.Path, "--seconds", "0.5").Exits(0).Json();
        JsonElement soak = answer.GetProperty("soak");
        Assert.That(soak.GetProperty("runs").GetInt64(), Is.Positive.And.LessThan(100_000));
        Assert.That(soak.GetProperty("runsAsked").GetInt64(), Is.EqualTo(100_000));
        Assert.That(answer.GetProperty("notes")[0].GetString(), Does.EndWith("of 100,000 runs in the time that the part has."));
    }

    [TestCase("--only latency,nonsense", "'nonsense' is no part")]
    [TestCase("--sdk amd", "--sdk 'amd' is not known")]
    [TestCase("--seconds 0", "--seconds 0 is out of range")]
    public void Wrong_usage_names_the_value(string options, string reason)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Cli.Run(["gpu-check", "-o", folder["out"], .. options.Split(' ')]).Fails(2, reason);
        Assert.That(Directory.Exists(folder["out"]), Is.False);
    }

    [Test]
    public void What_grows_or_is_wrong_in_many_runs_is_told()
    {
        var good = new SoakFacts(1000, 1000, 0, 1, 1000, 0.01, 1 << 20, 1 << 20);
        Assert.That(SoakPart.Problems(good), Is.Empty);
        Assert.That(SoakPart.Problems(good with { Wrong = 1 }), Has.One.EqualTo("1 run gave wrong outputs."));
        Assert.That(SoakPart.Problems(good with { AllocatedBytesPerRun = 24 }), Has.One.Contains("24.0 bytes of managed memory"));
        Assert.That(SoakPart.Problems(good with { DeviceBytesLost = 64 << 20 }), Has.One.Contains("device memory"));
        Assert.That(SoakPart.Problems(good with { HostBytesGrown = 64 << 20 }), Has.One.Contains("grew"));
    }

    [Test]
    public void Values_that_are_no_numbers_never_agree()
    {
        var good = new SuiteAccuracy("", 0, 0, 1, null, 0, 0, 8);
        Assert.That(CorrectnessPart.Problems("it", good, 0.1), Is.Empty);
        Assert.That(CorrectnessPart.Problems("it", good with { NaN = 2 }, 0.1), Has.One.EqualTo("it gave 2 of 8 values that are not finite"));
        Assert.That(CorrectnessPart.Problems("it", good with { Elements = 0 }, 0.1), Has.One.Contains("no values"));
    }

    [Test]
    public void The_parts_have_less_than_the_whole_time() =>
        Assert.That(GpuCheckParts.All.Sum(p => GpuCheckParts.Limit(p.Name, TimeSpan.FromSeconds(GpuCheckCommand.DefaultSeconds)).TotalSeconds), Is.LessThan(GpuCheckCommand.DefaultSeconds));

    /// <summary>A folder as the archive unpacks to: one model, its outputs, and a program in place of the native tests.</summary>
    private static void Archive(TemporaryFolder folder, string program)
    {
        string reference = Path.Combine(folder["references"], "addone");
        Directory.CreateDirectory(folder["models"]);
        File.Copy(Workbench.AddOne, Path.Combine(folder["models"], "addone.onnx"));
        CliResult run = Cli.Run("run", Workbench.AddOne, "--shapes", "x:2x4", "--seed", "3", "--json", "--output-dir", reference).Exits(0);
        File.WriteAllText(Path.Combine(reference, "run.json"), run.Output);
        string tests = Path.Combine(folder["tests"], "host");
        Directory.CreateDirectory(tests);
        string path = Path.Combine(tests, "session_test");
        File.WriteAllText(path, program);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private static CliResult Check(TemporaryFolder folder, (string, string)[] environment, params string[] options) =>
        Cli.RunWith(environment, ["gpu-check", "--sdk", "host", "--folder", folder.Path, "-o", folder["out"], "--json", .. options]);

    private static IEnumerable<string?> Names(JsonElement document) => document.GetProperty("parts").EnumerateArray().Select(p => p.GetProperty("name").GetString());

    private static string?[] Failures(JsonElement document, string part) =>
        [.. document.GetProperty("parts").EnumerateArray().Single(p => p.GetProperty("name").GetString() == part).GetProperty("failures").EnumerateArray().Select(f => f.GetString())];

    /// <summary>The example of docs/json.md.</summary>
    private static JsonElement Described()
    {
        string? folder = TestContext.CurrentContext.TestDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "docs", "json.md")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        string page = File.ReadAllText(Path.Combine(folder!, "docs", "json.md"));
        using var example = JsonDocument.Parse(Example().Match(page).Groups[1].Value);
        return example.RootElement.Clone();
    }

    [GeneratedRegex(@"^## gpu-check\n.*?^```json\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();

    /// <summary>The same fields at every depth; an empty object of the page stands for a form that it describes elsewhere.</summary>
    private static void AssertDescribed(JsonElement described, JsonElement actual, string where)
    {
        if (described.ValueKind == JsonValueKind.Array && actual.ValueKind == JsonValueKind.Array && described.GetArrayLength() > 0 && actual.GetArrayLength() > 0)
        {
            AssertDescribed(described[0], actual[0], where + "[]");
        }

        if (described.ValueKind != JsonValueKind.Object || actual.ValueKind != JsonValueKind.Object || !described.EnumerateObject().Any())
        {
            return;
        }

        Assert.That(actual.EnumerateObject().Select(p => p.Name), Is.EquivalentTo(described.EnumerateObject().Select(p => p.Name)), where);
        foreach (JsonProperty property in described.EnumerateObject())
        {
            AssertDescribed(property.Value, actual.GetProperty(property.Name), $"{where}.{property.Name}");
        }
    }
}
