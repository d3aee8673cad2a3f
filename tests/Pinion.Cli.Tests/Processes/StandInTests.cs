using System.Text.Json;

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
    public void Install() => _sdk = new StandInSdk(release) { Devices = 1 };

    [TearDown]
    public void Uninstall() => _sdk.Dispose();

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
    [TestCase("libnvonnxparser")]
    [TestCase("libnvinfer_plugin")]
    public void A_missing_library_is_named(string library)
    {
        string file = _sdk.Remove(library);

        NotHere($"{_sdk.Library}: {file}: cannot open shared object file: No such file or directory");
    }

    [Test]
    public void Without_a_device_that_is_the_reason()
    {
        _sdk.Devices = 0;

        NotHere($"{_sdk.Library}: no CUDA device: cudaErrorNoDevice: no CUDA-capable device is detected");
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

    private string Compiled => release.Split('-')[1] is var v && v.Count(c => c == '.') == 2 ? v : $"{v}.0";

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
