using System.Diagnostics;
using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class DoctorTests
{
    [Test]
    public void Json_has_the_documented_fields()
    {
        JsonElement d = Cli.Run("doctor", "--json").Exits(0).Json();
        Assert.That(d.GetProperty("sdk").GetString(), Is.AnyOf("nvidia", "cuda", "host"));
        Assert.That(d.GetProperty("pinion").GetString(), Does.Match(@"^\d+\.\d+"));
        Assert.That(d.GetProperty("library").GetString(), Does.Contain("pinion_"));
        Assert.That(d.GetProperty("tensorrt").GetProperty("compiled").GetString(), Does.Match(@"^\d+\.\d+\.\d+"));
        Assert.That(d.GetProperty("tensorrt").GetProperty("loaded").GetString(), Does.Match(@"^\d+\.\d+\.\d+"));
        Assert.That(d.GetProperty("cuda").EnumerateObject().Select(p => p.Name), Is.EqualTo(["compiled", "runtime", "driver"]));
        JsonElement device = d.GetProperty("devices")[0];
        Assert.That(device.GetProperty("name").GetString(), Is.Not.Empty);
        Assert.That(device.GetProperty("index").GetInt32(), Is.Zero);
        Assert.That(device.GetProperty("computeCapability").GetString(), Does.Match(@"^\d+\.\d+$"));
        Assert.That(device.GetProperty("totalBytes").GetInt64(), Is.GreaterThan(0));
        JsonElement[] sdks = [.. d.GetProperty("sdks").EnumerateArray()];
        Assert.That(sdks.Select(s => s.GetProperty("sdk").GetString()), Is.EqualTo(["nvidia", "rtx", "cuda", "host"]));
        foreach (JsonElement sdk in sdks)
        {
            Assert.That(sdk.EnumerateObject().Select(p => p.Name), Is.EqualTo(["sdk", "canRun", "canBuild", "cannotRun", "cannotBuild"]));
            Assert.That(sdk.GetProperty("canRun").GetBoolean(), Is.EqualTo(sdk.GetProperty("cannotRun").ValueKind == JsonValueKind.Null));
            Assert.That(sdk.GetProperty("canBuild").GetBoolean(), Is.EqualTo(sdk.GetProperty("cannotBuild").ValueKind == JsonValueKind.Null));
        }

        JsonElement used = sdks.Single(s => s.GetProperty("sdk").GetString() == d.GetProperty("sdk").GetString());
        Assert.That(used.GetProperty("canRun").GetBoolean() && used.GetProperty("canBuild").GetBoolean(), Is.True);

        if (d.GetProperty("sdk").GetString() != "nvidia")
        {
            Assert.That(d.GetProperty("onnxruntime").GetProperty("version").GetString(), Does.Match(@"^\d+\.\d+"));
            Assert.That(d.GetProperty("fastFp16").GetBoolean(), Is.False);
            Assert.That(d.GetProperty("notes").EnumerateArray().Select(n => n.GetString()), Has.Some.Contains("FP32"));
        }
    }

    [Test]
    public void An_sdk_that_does_not_load_is_explained()
    {
        JsonElement present = Cli.Run("doctor", "--json").Json();
        if (present.GetProperty("sdk").GetString() == "nvidia")
        {
            Assert.Ignore("every SDK loads here");
        }

        CliResult text = Cli.RunWith([("PINION_SDK", "nvidia")], "doctor").Exits(1);
        Assert.That(text.Output, Does.Match(@"(?m)^nvidia\s+not here: ").And.Contain("PINION_SDK=nvidia").And.Not.Contain("error 126"));
        JsonElement json = Cli.RunWith([("PINION_SDK", "nvidia")], "doctor", "--json").Exits(1).Json();
        Assert.That(json.GetProperty("sdk").ValueKind, Is.EqualTo(JsonValueKind.Null));
        JsonElement reason = json.GetProperty("sdks")[0];
        Assert.That(reason.GetProperty("sdk").GetString(), Is.EqualTo("nvidia"));
        Assert.That(reason.GetProperty("cannotRun").GetString(), Does.Contain("pinion_nvidia").Or.Contain("nvinfer").Or.Contain("cudart"));
    }

    /// <summary>A native library of another release beside the command, as after half an upgrade.</summary>
    [Test]
    public void A_library_of_another_abi_version_is_told_and_not_used()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("the library that stands for another release is compiled with cc");
        }

        using TemporaryFolder folder = Workbench.NewFolder();
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(Cli.Executable)!).Where(f => !Path.GetFileName(f).StartsWith("lib", StringComparison.Ordinal)))
        {
            File.Copy(file, folder[Path.GetFileName(file)]);
        }

        File.WriteAllText(folder["other.c"], "unsigned pn_abi_version(void) { return 999u << 16; }\n");
        using (var compiler = Process.Start("cc", ["-shared", "-fPIC", folder["other.c"], "-o", folder["libpinion_host.so"]]))
        {
            compiler.WaitForExit();
            Assert.That(compiler.ExitCode, Is.Zero);
        }

        string command = folder[Path.GetFileName(Cli.Executable)];
        foreach (string[] args in (string[][])[["doctor"], ["run", Workbench.AddOne], ["inspect", Workbench.AddOnePlan]])
        {
            using Process process = Cli.Start([("PINION_SDK", "host"), ("PINION_NATIVE_DIR", "")], args, command);
            CliResult result = Cli.Finish(process).Exits(1);
            Assert.That(result.Output + result.Errors, Does.Contain(folder["libpinion_host.so"]).And.Contain("ABI version 999.0").And.Contain("is needed"));
        }
    }

    [Test]
    public void Other_commands_say_the_same_without_an_sdk()
    {
        if (Cli.Run("doctor", "--json").Json().GetProperty("sdk").GetString() == "nvidia")
        {
            Assert.Ignore("every SDK loads here");
        }

        Cli.RunWith([("PINION_SDK", "nvidia")], "run", Workbench.AddOne).Fails(1, "nvidia");
    }
}
