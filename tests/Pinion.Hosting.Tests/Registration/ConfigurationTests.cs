using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Pinion.Hosting.Tests;

public sealed class ConfigurationTests
{
    [Test]
    public async Task Every_option_is_bound()
    {
        await using TestHost host = Create(
            ("rec:Plan", "rec.plan"), ("rec:Version", "3"), ("rec:Devices:0", "0"), ("rec:InstancesPerDevice", "4"), ("rec:Profile", "1"), ("rec:AllowHostCode", "true"), ("rec:RequireVerified", "Device"), ("rec:Batching", "false"),
            ("rec:MaxBatch", "8"), ("rec:BatchSizes:0", "1"), ("rec:BatchSizes:1", "8"), ("rec:MaxDelay", "00:00:00.002"),
            ("rec:QueueCapacity", "64"), ("rec:WarmShapes:0:x", "3x48x320"), ("rec:WarmShapes:1:x", "3x48x640"),
            ("rec:Padding:0:Input", "x"), ("rec:Padding:0:Axis", "3"), ("rec:Padding:0:Sizes:0", "320"), ("rec:Padding:0:Sizes:1", "640"),
            ("rec:WaitMode", "Spin"), ("rec:UseGraph", "false"), ("rec:TimingInterval", "7"), ("rec:FailuresBeforeReload", "5"), ("rec:ReloadOnChange", "true"),
            ("rec:ReloadInterval", "00:00:05"), ("fast:Plan", "fast.plan"), ("fast:LatencyTarget", "00:00:00.010"),
            ("built:Onnx", "rec.onnx"), ("built:Cache", "engines"), ("built:CacheMaxBytes", "20000000000"), ("built:BuildTimeLimit", "00:30:00"), ("built:BuildMemoryLimitBytes", "8000000000"),
            ("built:Build:precision", "Fp16"), ("built:Build:Profiles:0", "x:1x4"), ("built:Build:TimingCachePath", "t.cache"));
        File.WriteAllText(host.Folder["rec.onnx"], "");
        File.WriteAllText(host.Folder["rec.plan"], "");
        File.WriteAllText(host.Folder["fast.plan"], "");

        ModelOptions rec = Options(host, "rec");
        ModelOptions fast = Options(host, "fast");

        Assert.That(rec.Plan, Is.EqualTo(host.Folder["rec.plan"]), "counts from the content root");
        Assert.That(rec.Version, Is.EqualTo("3"));
        Assert.That(rec.Devices, Is.EqualTo(new[] { 0 }));
        Assert.That(rec.InstancesPerDevice, Is.EqualTo(4));
        Assert.That(rec.Profile, Is.EqualTo(1));
        Assert.That(rec.AllowHostCode, Is.True);
        Assert.That(rec.RequireVerified, Is.EqualTo(VerificationLevel.Device));
        Assert.That(rec.Batching, Is.False);
        Assert.That(rec.MaxBatch, Is.EqualTo(8));
        Assert.That(rec.BatchSizes, Is.EqualTo(new[] { 1, 8 }));
        Assert.That(rec.MaxDelay, Is.EqualTo(TimeSpan.FromMilliseconds(2)));
        Assert.That(rec.LatencyTarget, Is.Null);
        Assert.That(rec.QueueCapacity, Is.EqualTo(64));
        Assert.That(rec.WarmShapes.Select(s => s["x"]), Is.EqualTo(new[] { "3x48x320", "3x48x640" }));
        Assert.That(rec.Padding.Single().Input, Is.EqualTo("x"));
        Assert.That(rec.Padding.Single().Axis, Is.EqualTo(3));
        Assert.That(rec.Padding.Single().Sizes, Is.EqualTo(new[] { 320, 640 }));
        Assert.That(rec.WaitMode, Is.EqualTo(WaitMode.Spin));
        Assert.That(rec.UseGraph, Is.False);
        Assert.That(rec.TimingInterval, Is.EqualTo(7));
        Assert.That(rec.FailuresBeforeReload, Is.EqualTo(5));
        Assert.That(rec.ReloadOnChange, Is.True);
        Assert.That(rec.ReloadInterval, Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(fast.LatencyTarget, Is.EqualTo(TimeSpan.FromMilliseconds(10)));
        Assert.That(fast.InstancesPerDevice, Is.EqualTo(new ModelOptions().InstancesPerDevice), "defaults stay");
        ModelOptions built = Options(host, "built");
        Assert.That(built.Plan, Is.Empty);
        Assert.That(built.Onnx, Is.EqualTo(host.Folder["rec.onnx"]));
        Assert.That(built.Cache, Is.EqualTo(host.Folder["engines"]));
        Assert.That(built.CacheMaxBytes, Is.EqualTo(20_000_000_000));
        Assert.That(built.BuildTimeLimit, Is.EqualTo(TimeSpan.FromMinutes(30)));
        Assert.That(built.BuildMemoryLimitBytes, Is.EqualTo(8_000_000_000));
        Assert.That(built.Build.Precision, Is.EqualTo(Precision.Fp16));
        Assert.That(built.Build.Profiles.Single().ToString(), Is.EqualTo("x:min=1x4,opt=1x4,max=1x4"));
        Assert.That(built.Build.TimingCachePath, Is.EqualTo(host.Folder["t.cache"]));
        string[] bound = [.. typeof(ModelOptions).GetProperties().Select(p => p.Name).Order()];
        Assert.That(bound, Has.Length.EqualTo(27), "a new option wants a line here");
    }

    [Test]
    public async Task A_configured_model_answers()
    {
        await using TestHost host = Create(("add:Plan", "add.plan"), ("add:MaxBatch", "4"));
        AddModels.Save(host.Folder["add.plan"]);

        await host.Host.StartAsync();

        Assert.That(await AddModels.AddAsync(host.Model("add"), 1), Is.EqualTo(2));
        Assert.That(host.Model("add").MaxBatch, Is.EqualTo(4));
    }

    [Test]
    public void Lists_that_are_null_and_intervals_beyond_a_timer_are_told() => Assert.Multiple(() =>
    {
        Assert.That(ModelOptionsProblems.Find(new ModelOptions { Plan = "p", Devices = null!, Padding = null! }), Is.EqualTo(
            new[] { "Devices is null; leave it out for its default.", "Padding is null; leave it out for its default." }));
        Assert.That(ModelOptionsProblems.Find(new ModelOptions { Plan = "p", ReloadInterval = TimeSpan.FromDays(60) }), Has.One.Contains("01:00:00 at most"));
    });

    [TestCase("MaxDelay", "2", "MaxDelay is 2.00:00:00; it may be 01:00:00 at most. A number alone counts days: write 00:00:00.002 for 2 ms.")]
    [TestCase("MaxDelay", "02:00:00", "MaxDelay is 02:00:00; it may be 01:00:00 at most. Write 00:00:00.002 for 2 ms.")]
    [TestCase("LatencyTarget", "15", "LatencyTarget is 15.00:00:00; it may be 01:00:00 at most. A number alone counts days: write 00:00:00.015 for 15 ms.")]
    [TestCase("ReloadInterval", "5", "ReloadInterval is 5.00:00:00; it may be 01:00:00 at most. A number alone counts days: write 00:00:05 for 5 s.")]
    [TestCase("ReloadInterval", "abc", "ReloadInterval is 'abc'; it must be a time, such as 00:00:00.002 for 2 ms or 00:00:02 for 2 s.")]
    [TestCase("MaxDelay", "2ms", "MaxDelay is '2ms'; it must be a time, such as 00:00:00.002 for 2 ms or 00:00:02 for 2 s.")]
    [TestCase("UseGraph", "yes", "UseGraph is 'yes'; it must be true or false.")]
    [TestCase("WaitMode", "Sleep", "WaitMode is 'Sleep'; it must be one of Block, Spin")]
    [TestCase("Devices:0", "gpu", "Devices[0] is 'gpu'; it must be a whole number.")]
    [TestCase("BatchSizes", "4", "BatchSizes is '4'; BatchSizes must be a list of whole numbers, such as [ 1, 2 ].")]
    [TestCase("MaxBatch:0", "4", "MaxBatch[0] is '4'; MaxBatch must be a whole number.")]
    [TestCase("WarmShapes:0", "3x48x320", "WarmShapes[0] is '3x48x320'; WarmShapes must be a list of shapes by input")]
    [TestCase("MaxDealy", "00:00:00.002", "There is no option 'MaxDealy'. Did you mean 'MaxDelay'?")]
    [TestCase("Padding:0:Axsi", "3|Padding:0:Axis=3|Padding:0:Input=x|Padding:0:Sizes:0=8", "There is no option 'Padding[0].Axsi'. Did you mean 'Axis'?")]
    [TestCase("Padding:0:Axis", "last|Padding:0:Input=x|Padding:0:Sizes:0=8", "Padding[0].Axis is 'last'; it must be a whole number.")]
    public async Task A_value_that_is_not_meant_so_says_what_to_write(string key, string value, string expected)
    {
        string[] parts = value.Split('|');
        await using TestHost host = Create(
            [("add:Plan", "there.plan"), ($"add:{key}", parts[0]), .. parts[1..].Select(p => p.Split('=')).Select(p => ($"add:{p[0]}", p[1]))]);
        File.WriteAllText(host.Folder["there.plan"], "");

        ModelOptionsException error = (await Assert.ThrowsAsync<ModelOptionsException>(() => host.Host.StartAsync()))!;

        Assert.That(error.Failures, Has.Exactly(1).StartsWith($"Model 'add': {expected}"));
    }

    [TestCase("Build", "fp16", "Build is 'fp16'; it must be an object, such as { \"Precision\": \"Fp16\" }.")]
    [TestCase("Build:Precison", "fp16", "There is no option 'Build.Precison'. Did you mean 'Precision'?")]
    [TestCase("Build:Precision", "fp8", "Build.Precision is 'fp8'; it must be one of Fp32, Fp16.")]
    [TestCase("Build:Precision", "1", "Build.Precision is '1'; it must be one of Fp32, Fp16.")]
    [TestCase("Build:Precision:0", "fp16", "Build.Precision is a list or an object; it must be one of Fp32, Fp16.")]
    [TestCase("Build:Profiles", "x:1x4", "Build.Profiles is 'x:1x4'; it must be a list of profiles, such as")]
    [TestCase("Build:Profiles:0", "x", "Build.Profiles is 'x'; it must be a list of profiles, such as")]
    [TestCase("Build:Targets:0", "t5", "Build.Targets is 't5'; it must be a list of GPUs, such as [ \"t4\", \"a10\" ]. Target 't5' is unknown. Did you mean 't4'?")]
    [TestCase("Build:WorkspaceBytes", "2G", "Build.WorkspaceBytes is '2G'; it must be a number of bytes.")]
    [TestCase("Build:WorkspaceBytes", "-1", "Build.WorkspaceBytes is -1: WorkspaceBytes ('-1') must be a non-negative value.")]
    [TestCase("Build:OptimizationLevel", "9", "Build.OptimizationLevel is 9: The optimization level is 0 to 5, or null for TensorRT's own choice.")]
    [TestCase("Build:LayerPrecisions:0", "conv:fp16", "Build: LayerPrecisions have no effect without PrecisionConstraints: choose Prefer or Obey.")]
    [TestCase("Build:VersionCompatible", "true", "Build.VersionCompatible makes an engine that carries code, and AllowHostCode is false")]
    [TestCase("Build:Device", "1", "Build.Device is 1, and the engine is built on the first of Devices, 0; leave it out.")]
    [TestCase("CacheMaxBytes", "0", "CacheMaxBytes is 0; it must be at least 1. Leave it out for no limit.")]
    [TestCase("BuildTimeLimit", "30", "BuildTimeLimit is 30.00:00:00; it may be 12:00:00 at most. A number alone counts days: write 00:00:30 for 30 s.")]
    [TestCase("BuildTimeLimit", "00:00:00", "BuildTimeLimit is 00:00:00; it must be above zero. Leave it out for no limit.")]
    [TestCase("BuildMemoryLimitBytes", "-1", "BuildMemoryLimitBytes is -1; it must be at least 1. Leave it out for no limit.")]
    [TestCase("Cache", "", "Cache is empty; set it to a folder in which the engine is kept.")]
    [TestCase("Plan", "there.plan", "Plan is '")]
    [TestCase("Onnx", "missing.onnx", "Onnx is '")]
    public async Task So_it_is_with_a_model_that_is_to_be_built(string key, string value, string expected)
    {
        Dictionary<string, string> settings = new() { ["Onnx"] = "there.onnx", ["Cache"] = "engines", [key] = value };
        await using TestHost host = Create([.. settings.Select(s => ($"add:{s.Key}", s.Value))]);
        File.WriteAllText(host.Folder["there.onnx"], "");
        File.WriteAllText(host.Folder["there.plan"], "");

        ModelOptionsException error = (await Assert.ThrowsAsync<ModelOptionsException>(() => host.Host.StartAsync()))!;

        Assert.That(error.Failures, Has.Exactly(1).StartsWith($"Model 'add': {expected}"));
        Assert.That(error.Failures.Count(), Is.EqualTo(1));
    }

    [Test]
    public void Options_of_builds_without_a_model_are_told_each() => Assert.That(
        ModelOptionsProblems.Find(new ModelOptions { Plan = "p", Cache = "c", CacheMaxBytes = 1, Build = new EngineBuildOptions { Precision = Precision.Fp16 } }),
        Is.EqualTo(new[] { "Build", "Cache", "CacheMaxBytes" }.Select(o => $"{o} is set, and there is no Onnx to build; set Onnx to the model, or leave {o} out.")));

    [Test]
    public void Every_build_option_can_be_written()
    {
        Assert.That(BuildOptionText.All, Is.EquivalentTo(typeof(EngineBuildOptions).GetProperties().Select(p => p.Name)));
        var options = new EngineBuildOptions();
        foreach ((string name, string[] texts) in new (string, string[])[]
        {
            ("precision", ["fp16"]), ("allowTf32", ["true"]), ("workspaceBytes", ["5"]), ("optimizationLevel", ["4"]), ("timingIterations", ["8"]), ("profiles", ["x:1x4", "x:2x4"]),
            ("profilingVerbosity", ["layer-names"]), ("profilingVerbosity", ["Detailed"]), ("tacticSources", ["CUBLAS_LT", "cudnn"]), ("hardwareCompatibility", ["ampere+"]), ("targets", ["l4,a10", "t4", "sm75"]),
            ("versionCompatible", ["true"]), ("stronglyTyped", ["true"]), ("renameDimensions", ["true"]), ("profileCopies", ["3"]), ("timingCachePath", ["t"]), ("precisionConstraints", ["obey"]),
            ("layerPrecisions", ["/a:b*:fp32"]), ("pluginLibraries", ["p.so"]), ("raw", ["true"]), ("device", ["2"]),
        })
        {
            EngineBuildOptions before = options;
            Assert.That(BuildOptionText.Set(ref options, BuildOptionText.Find(name)!, texts), Is.Null, name);
            Assert.That(options == before, Is.EqualTo(texts[0] == "layer-names"), $"{name} changes something");
        }

        Assert.That(options.TacticSources, Is.EqualTo(TacticSources.CuBlasLt | TacticSources.CuDnn));
        Assert.That(options.Targets.Select(t => t.Name), Is.EqualTo(new[] { "sm75", "sm86", "sm89" }));
        Assert.That(options.HardwareCompatibility, Is.EqualTo(HardwareCompatibility.AmperePlus));
        Assert.That(options.LayerPrecisions.Single(), Is.EqualTo(new LayerPrecision("/a:b*", Precision.Fp32)));
        Assert.That(options.Profiles, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_configured_model_is_built()
    {
        await using TestHost host = Create(("add:Onnx", "add.onnx"), ("add:Cache", "engines"), ("add:Build:Profiles:0", TestModels.AddOneProfile.ToString()));
        AddModels.SaveOnnx(host.Folder["add.onnx"]);

        await host.Host.StartAsync();

        Assert.That(await AddModels.AddAsync(host.Model("add"), 1), Is.EqualTo(2));
        Assert.That(host.Model("add").Plan, Does.StartWith(host.Folder["engines"]));
    }

    [Test]
    public async Task The_plans_own_limits_are_told_with_the_other_errors()
    {
        await using TestHost host = Create(
            ("a:Plan", "add.plan"), ("a:InstancesPerDevice", "0"), ("a:ReloadInterval", "abc"), ("a:MaxBatch", "64"),
            ("b:Plan", "add.plan"), ("b:MaxBatch", "64"), ("b:WarmShapes:0:z", "1"),
            ("c:Plan", "add.plan"), ("c:MaxBatch", "0"));
        AddModels.Save(host.Folder["add.plan"]);

        ModelOptionsException error = (await Assert.ThrowsAsync<ModelOptionsException>(() => host.Host.StartAsync()))!;

        Assert.That(error.Failures, Is.EquivalentTo(new[]
        {
            "Model 'a': ReloadInterval is 'abc'; it must be a time, such as 00:00:00.002 for 2 ms or 00:00:02 for 2 s.",
            "Model 'a': InstancesPerDevice is 0; it must be 1 to 64.",
            $"Model 'a': MaxBatch is 64, but the profile admits batches of 1 to {AddModels.MaxBatch}.",
            $"Model 'b': MaxBatch is 64, but the profile admits batches of 1 to {AddModels.MaxBatch}.",
            "Model 'b': WarmShapes: there is no input 'z'.",
            "Model 'c': MaxBatch is 0; it must be at least 1. Leave it out for the profile's largest.",
        }));
    }

    [Test]
    public async Task An_empty_list_and_an_empty_value_are_defaults()
    {
        await using TestHost host = Create(("add:Plan", "add.plan"), ("add:Devices", ""), ("add:WarmShapes", ""), ("add:MaxBatch", ""));
        AddModels.Save(host.Folder["add.plan"]);

        ModelOptions options = Options(host, "add");

        Assert.That(options.Devices, Is.Empty);
        Assert.That(options.WarmShapes, Is.Empty);
        Assert.That(options.MaxBatch, Is.Null);
    }

    [Test]
    public async Task All_errors_of_all_models_come_at_once()
    {
        await using TestHost host = Create(
            ("a:Plan", "missing.plan"), ("a:InstancesPerDevice", "0"), ("a:MaxDelay", "-00:00:01"), ("a:QueueCapacity", "-1"),
            ("b:Plan", "there.plan"), ("b:BatchSizes:0", "4"), ("b:BatchSizes:1", "2"), ("b:Padding:0:Axis", "0"), ("b:WarmShapes:0:x", "3by48"),
            ("c:Plan", "there.plan"), ("c:MaxBtach", "4"),
            ("d:Plan", "there.plan"), ("d:MaxBatch", "many"));
        File.WriteAllText(host.Folder["there.plan"], "");

        ModelOptionsException error = (await Assert.ThrowsAsync<ModelOptionsException>(() => host.Host.StartAsync()))!;

        foreach (string expected in new[]
        {
            $"Model 'a': Plan is '{host.Folder["missing.plan"]}', and there is no such file",
            "Model 'a': InstancesPerDevice is 0; it must be 1 to 64.",
            "Model 'a': MaxDelay is -00:00:01; it must not be negative.",
            "Model 'a': QueueCapacity is -1; it must not be negative.",
            "Model 'b': BatchSizes has 2 after 4; write them ascending, each once.",
            "Model 'b': Padding[0].Input is empty",
            "Model 'b': Padding[0].Axis is 0; it must be at least 1",
            "Model 'b': Padding[0].Sizes is empty",
            "Model 'b': WarmShapes[0] has '3by48' for 'x'",
            "MaxBtach",
            "'many'",
        })
        {
            Assert.That(error.Failures, Has.Some.Contains(expected));
            Assert.That(error.Message, Does.Contain(expected));
        }

        Assert.That(error.Failures.Where(f => f.Contains("MaxBtach")), Has.All.StartsWith("Model 'c': "));
        Assert.That(error.Failures.Where(f => f.Contains("'many'")), Has.All.StartsWith("Model 'd': "));
        Assert.That(error.Failures.Count(), Is.EqualTo(11));
    }

    [TestCase("LatencyTarget", "00:00:00", "LatencyTarget is 00:00:00; it must be above zero")]
    [TestCase("LatencyTarget", "00:00:00.010|MaxDelay=00:00:00.001", "set only one")]
    [TestCase("ReloadInterval", "00:00:00", "ReloadInterval is 00:00:00; it must be above zero")]
    [TestCase("MaxBatch", "0", "MaxBatch is 0; it must be at least 1")]
    [TestCase("MaxBatch", "2|BatchSizes:0=4", "BatchSizes has 4, but MaxBatch is 2")]
    [TestCase("BatchSizes:0", "0", "BatchSizes has 0; each must be at least 1")]
    [TestCase("TimingInterval", "-1", "TimingInterval is -1; it must be at least 1, or 0")]
    [TestCase("FailuresBeforeReload", "0", "FailuresBeforeReload is 0; it must be at least 1")]
    [TestCase("Profile", "-1", "Profile is -1; profiles count from 0")]
    [TestCase("Devices:0", "-1", "Devices has -1; devices count from 0")]
    [TestCase("Devices:0", "1|Devices:1=1", "Devices has 1 more than once")]
    [TestCase("WaitMode", "7", "WaitMode is 7; it must be one of")]
    [TestCase("Version", " ", "Version is empty")]
    [TestCase("Plan", " ", "Plan is empty")]
    [TestCase("InstancesPerDevice", "65", "InstancesPerDevice is 65; it must be 1 to 64")]
    public async Task A_wrong_option_is_named_with_its_limit(string key, string value, string expected)
    {
        string[] parts = value.Split('|');
        await using TestHost host = Create(
            [("add:Plan", "there.plan"), ($"add:{key}", parts[0]), .. parts[1..].Select(p => p.Split('=')).Select(p => ($"add:{p[0]}", p[1]))]);
        File.WriteAllText(host.Folder["there.plan"], "");

        ModelOptionsException error = (await Assert.ThrowsAsync<ModelOptionsException>(() => host.Host.StartAsync()))!;

        Assert.That(error.Failures, Has.Exactly(1).Contains($"Model 'add': {expected}").Or.Contain(expected));
        Assert.That(error.Failures.Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_section_without_models_fails_the_start()
    {
        await using TestHost host = Create();

        ModelOptionsException error = (await Assert.ThrowsAsync<ModelOptionsException>(() => host.Host.StartAsync()))!;

        Assert.That(error.Message, Does.Contain("'Pinion:Models'").And.Contain("has no models"));
    }

    private static ModelOptions Options(TestHost host, string name) => host.Services.GetRequiredService<IOptionsMonitor<ModelOptions>>().Get(name);

    private static TestHost Create(params (string Key, string Value)[] settings) => TestHost.Create(
        (services, configuration, _) => services.AddPinion().AddModels(configuration.GetSection("Pinion:Models")),
        [.. settings.Reverse().DistinctBy(s => s.Key).Select(s => ($"Pinion:Models:{s.Key}", s.Value))]);
}
