using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>What users see of the SDK nvidia where NVIDIA's libraries are missing or of other releases, for each release of the headers that it was linked with.</summary>
[Category("StandIn")]
[TestFixtureSource(typeof(StandInSdk), nameof(StandInSdk.Releases))]
internal sealed class StandInTests(string release)
{
    private static readonly Version[] Others = [new(8, 6, 1), new(10, 16, 0), new(11, 1, 0)];

    private StandInSdk _sdk = null!;

    private int Major => int.Parse(release.Split('-')[1].Split('.')[0], System.Globalization.CultureInfo.InvariantCulture);

    [SetUp]
    public void Install()
    {
        // The search would go on to it.
        Assume.That(File.Exists(Path.Combine(Path.GetDirectoryName(Cli.Executable)!, "libpinion_nvidia.so")), Is.False, "NVIDIA's own TensorRT is built beside the command");
        _sdk = new StandInSdk(release) { Devices = 1 };
    }

    [TearDown]
    public void Uninstall() => _sdk?.Dispose();

    [Test]
    public void With_all_libraries_it_is_the_one_in_use()
    {
        JsonElement doctor = _sdk.Run(null, "doctor", "--json").Exits(0).Json();

        Assert.That(doctor.GetProperty("sdk").GetString(), Is.EqualTo("nvidia"));
        Assert.That(doctor.GetProperty("library").GetString(), Is.EqualTo(_sdk.Library));
        JsonElement versions = doctor.GetProperty("tensorrt");
        Assert.That(versions.GetProperty("compiled").GetString(), Does.StartWith(release.Split('-')[1]));
        Assert.That(versions.GetProperty("loaded").GetString(), Is.EqualTo(versions.GetProperty("compiled").GetString()));
        Assert.That(doctor.GetProperty("devices")[0].GetProperty("name").GetString(), Is.EqualTo("stand-in"));
        Assert.That(_sdk.Run(null, "doctor").Output, Does.Match(@"(?m)^nvidia\s+runs and builds engines here"));
    }

    [TestCase("libcudart")]
    [TestCase("libnvinfer")]
    public void A_missing_library_is_named(string library)
    {
        string file = _sdk.Remove(library);

        NotHere($"{_sdk.Library}: {file}: cannot open shared object file: No such file or directory");
    }

    /// <summary>Images that only run engines carry neither.</summary>
    [TestCase("libnvonnxparser", "the ONNX parser of TensorRT, which builds need and runs do not,")]
    [TestCase("libnvinfer_plugin", "the library of TensorRT's own plugins")]
    public void Without_the_parser_or_the_plugins_it_runs_engines_and_says_why_it_builds_none(string library, string what)
    {
        string file = _sdk.Remove(library);
        string reason = $"{what} does not load: {file}: cannot open shared object file: No such file or directory; nor is it beside TensorRT's own library in {_sdk.Folder}";

        JsonElement doctor = _sdk.Run(null, "doctor", "--json").Exits(0).Json();
        Assert.That(doctor.GetProperty("sdk").GetString(), Is.EqualTo("nvidia"));
        JsonElement nvidia = doctor.GetProperty("sdks")[0];
        Assert.That(nvidia.GetProperty("canRun").GetBoolean(), Is.True);
        Assert.That(nvidia.GetProperty("cannotBuild").GetString(), Does.EndWith(reason));
        Assert.That(_sdk.Run(null, "doctor").Output, Does.Match("(?m)^nvidia +runs engines here; builds none: "));
        BuildFails(reason);
    }

    [Test]
    public void A_plan_that_wants_a_plugin_names_the_missing_library()
    {
        _sdk.WantsPlugin = true;
        string plan = Path.Combine(_sdk.Folder, "raw.plan");
        File.WriteAllBytes(plan, [.. "ftrt"u8, .. new byte[4096]]);
        _sdk.Run(null, "run", plan).Fails(1, "TensorRT could not deserialize the plan", "IPluginCreator not found");

        string file = _sdk.Remove("libnvinfer_plugin");

        _sdk.Run(null, "run", plan).Fails(1, $"TensorRT could not deserialize the plan, which uses plugins: the library of TensorRT's own plugins does not load: {file}: cannot open", "IPluginCreator not found");
    }

    /// <summary>Loaded by name where the search path of libpinion_nvidia finds them.</summary>
    [Test]
    public void With_all_libraries_a_build_comes_as_far_as_the_stand_ins_go() => BuildFails("TensorRT made no ONNX parser");

    /// <summary>TensorRT opens them itself, where only the system's folders count: NVIDIA/TensorRT#2218.</summary>
    [Test]
    public void The_builders_resources_are_found_beside_tensorrt()
    {
        _sdk.OpensResources = true;
        string file = Path.GetFileName(_sdk.AddResources());
        BuildFails("TensorRT made no ONNX parser");

        File.WriteAllText(Path.Combine(_sdk.Folder, file), "damaged");
        BuildFails($"TensorRT made no builder: {Path.Combine(_sdk.Folder, file)}: ");
    }

    [Test]
    public void Without_the_builders_resources_the_build_says_where_they_belong()
    {
        _sdk.OpensResources = true;

        BuildFails($"TensorRT made no builder: the builder's resources of {Compiled} are not beside TensorRT's own library in {_sdk.Folder}: copy them there");
    }

    [Test]
    public void Without_a_device_that_is_the_reason()
    {
        _sdk.Devices = 0;

        NotHere($"{_sdk.Library}: no CUDA device: cudaErrorNoDevice: no CUDA-capable device is detected");
    }

    /// <summary>It passes over a machine without a GPU, and not over a GPU that nothing runs on.</summary>
    [TestCase("libnvinfer", "This machine has an NVIDIA GPU, and the SDK installed for it does not work")]
    [TestCase("libpinion_nvidia", "There is a GPU, and no SDK runs on it: ")]
    public void The_check_of_a_GPU_fails_where_no_SDK_runs_on_it(string library, string reason)
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        string output = folder["out"];
        _sdk.Remove(library);

        _sdk.Run(null, "gpu-check", "-o", output).Fails(1, $"FAILED environment: {reason}");

        _sdk.Devices = 0;
        Assume.That(File.Exists("/dev/nvidia0"), Is.False, "this machine has a GPU");
        Assert.That(_sdk.Run(null, "gpu-check", "-o", output).Exits(0).Output, Does.StartWith("no GPU here: "));
    }

    /// <summary>Its soname is another, so that the system's loader does not take it.</summary>
    [Test]
    public void Libraries_of_another_major_version_do_not_stand_in()
    {
        string own = _sdk.Remove("libnvinfer");
        foreach (Version other in Others.Where(v => v.Major != Major))
        {
            File.WriteAllText(Path.Combine(_sdk.Folder, $"libnvinfer.so.{other.Major}"), "of another major version");
        }

        NotHere($"{_sdk.Library}: {own}: cannot open shared object file");
    }

    /// <summary>As behind a link that somebody made to get past the loader.</summary>
    [Test]
    public void Another_major_version_under_our_name_is_refused_by_number()
    {
        foreach (Version loaded in Others.Where(v => v.Major != Major))
        {
            _sdk.TensorRt = loaded;
            NotHere($"TensorRT {loaded} is loaded, but this library was compiled for {Compiled}, which takes that or a later {Major}.x: install one, or build Pinion against the headers of {loaded}");
        }
    }

    [Test]
    public void An_older_release_of_the_same_major_version_is_refused_by_number()
    {
        _sdk.TensorRt = Major == 8 ? new(8, 5, 3) : new(Major, 0, 1);

        NotHere($"TensorRT {_sdk.TensorRt} is loaded, but this library was compiled for {Compiled}");
    }

    [Test]
    public void A_newer_release_of_the_same_major_version_is_taken()
    {
        _sdk.TensorRt = new(Major, 17, 2);
        if (Major == 8)
        {
            _sdk.TensorRt = new(8, 6, 3);
        }

        JsonElement doctor = _sdk.Run(null, "doctor", "--json").Exits(0).Json();

        Assert.That(doctor.GetProperty("sdk").GetString(), Is.EqualTo("nvidia"));
        Assert.That(doctor.GetProperty("tensorrt").GetProperty("loaded").GetString(), Is.EqualTo(_sdk.TensorRt.ToString()));
    }

    [Test]
    public void Without_a_gpu_the_cpu_computes_and_doctor_says_why()
    {
        string file = _sdk.Remove("libnvinfer");
        _sdk.Devices = 0;

        CliResult doctor = _sdk.Run(null, "doctor").Exits(0);

        Assert.That(doctor.Output, Does.Match(@"(?m)^SDK\s+host ").And.Match($@"(?m)^nvidia\s+not here: .*{file}: cannot open"));
        _sdk.Run(null, "inspect", Workbench.AddOnePlan).Exits(0);
    }

    [TestCase("libcudart")]
    [TestCase("libnvinfer")]
    public void Beside_a_gpu_a_missing_library_is_an_error_and_the_cpu_is_asked_for(string library)
    {
        string file = _sdk.Remove(library);
        string reason = $"nvidia: {_sdk.Library}: {file}: cannot open shared object file: No such file or directory";

        CliResult doctor = _sdk.Run(null, "doctor").Exits(1);
        Assert.That(doctor.Output, Does.Match(@"(?m)^note +This machine has an NVIDIA GPU, and the SDK installed for it does not work: .*PINION_SDK=host").And.Match(@"(?m)^nvidia +not here: ").And.Match("(?m)^host +runs and builds"));
        _sdk.Run(null, "inspect", Workbench.AddOnePlan).Fails(1, "error: This machine has an NVIDIA GPU, and the SDK installed for it does not work", reason);
        JsonElement host = _sdk.Run("host", "doctor", "--json").Exits(0).Json();
        Assert.That(host.GetProperty("sdk").GetString(), Is.EqualTo("host"));
    }

    [Test]
    public void Beside_a_gpu_a_release_that_does_not_fit_is_an_error_too()
    {
        _sdk.TensorRt = new(Major, 0, 1);

        _sdk.Run(null, "inspect", Workbench.AddOnePlan).Fails(1, "This machine has an NVIDIA GPU", $"nvidia: {_sdk.Library}: TensorRT {Major}.0.1 is loaded, but this library was compiled for {Compiled}");
    }

    /// <summary>As where the driver is installed and no GPU is, or none of those that there are may be used.</summary>
    [Test]
    public void A_driver_that_does_not_start_is_no_gpu()
    {
        _sdk.Remove("libnvinfer");
        _sdk.DriverError = 100;

        Assert.That(_sdk.Run(null, "doctor", "--json").Exits(0).Json().GetProperty("sdk").GetString(), Is.EqualTo("host"));
    }

    private string Compiled => release.Split('-')[1] is var v && v.Count(c => c == '.') == 2 ? v : $"{v}.0";

    /// <summary>In this process and in one of its own.</summary>
    private void BuildFails(string reason)
    {
        _sdk.Run(null, "build", Workbench.AddOne, "-o", Workbench.Path("never.plan"), "--in-process").Fails(1, reason);
        _sdk.Run(null, "build", Workbench.AddOne, "-o", Workbench.Path("never.plan")).Fails(1, reason);
        Assert.That(File.Exists(Workbench.Path("never.plan")), Is.False);
    }

    /// <summary>Asked for by name: doctor tells the reason, and every command ends with it as its error.</summary>
    private void NotHere(string reason)
    {
        CliResult doctor = _sdk.Run("nvidia", "doctor").Exits(1);
        Assert.That(doctor.Output.Split('\n'), Has.Some.StartsWith("nvidia ").And.Some.Contains($"not here: ").And.Some.Contains(reason));
        Assert.That(doctor.Output, Does.Contain("PINION_SDK=nvidia is not usable here."));
        JsonElement facts = _sdk.Run("nvidia", "doctor", "--json").Exits(1).Json();
        Assert.That(facts.GetProperty("sdk").ValueKind, Is.EqualTo(JsonValueKind.Null));
        JsonElement nvidia = facts.GetProperty("sdks")[0];
        Assert.That(nvidia.GetProperty("cannotRun").GetString(), Does.Contain(reason));
        Assert.That(nvidia.GetProperty("canBuild").GetBoolean(), Is.False);
        _sdk.Run("nvidia", "run", Workbench.AddOnePlan).Fails(1, "error: PINION_SDK=nvidia is not usable here.", reason);
    }
}
