using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pinion.Hosting.Tests;

/// <summary>Models whose engines the host builds, through a cache.</summary>
public sealed class BuiltModelTests
{
    private const string Faults = "PINION_HOST_TENSORRT_FAULTS";
    private const string Ready = "pinion-ready";

    private TemporaryFolder _shared = null!;

    private string Cache => _shared["engines"];

    [SetUp]
    public void MakeFolder() => _shared = new TemporaryFolder();

    [TearDown]
    public void Clean()
    {
        Environment.SetEnvironmentVariable(Faults, null);
        _shared.Dispose();
    }

    [Test]
    public async Task An_engine_is_built_once_and_found_ever_after()
    {
        await using (TestHost first = Create())
        {
            await first.Host.StartAsync();
            Assert.That(await AddModels.AddAsync(first.Model("add"), 41), Is.EqualTo(42));
            Assert.That(first.Model("add").Plan, Does.StartWith(Cache), "served from the cache");
            Assert.That(Messages(first), Has.One.Contains($"the engine of '{first.Folder["add.onnx"]}' is being built, once"));
            Assert.That(Messages(first), Has.One.Match("was built in [0-9.]+ s, because the cache has no engine of .*add.onnx"));
        }

        await using TestHost second = Create();
        await second.Host.StartAsync();
        Assert.That(await AddModels.AddAsync(second.Model("add"), 1), Is.EqualTo(2));
        Assert.That(Messages(second), Has.One.Contains("was in the cache").And.None.Contains("built"));
        Assert.That(new EngineCache(Cache).List().Entries, Has.Count.EqualTo(1));
    }

    /// <summary>TensorRT's flag alone gives an engine that nobody has compared with anything.</summary>
    [Test]
    public async Task An_engine_without_the_verdict_that_is_asked_for_is_not_served()
    {
        await using TestHost host = Create(o =>
        {
            o.Build = o.Build with { Precision = Precision.Fp16 };
            o.RequireVerified = VerificationLevel.Model;
        });
        Assert.That(async () => await host.Host.StartAsync(), Throws.Exception.With.Message.Contain("an FP16 engine that the service builds has no verdict").And.Message.Contain("--fp16 -o PLAN"));
        Assert.That(Directory.Exists(Cache), Is.False, "nothing was built");

        // Of a plan that is given it is found out when it loads.
        using Plan plan = EngineBuilder.Build(TestModels.AddOne.ToBytes(), new EngineBuildOptions { Precision = Precision.Fp16, Profiles = [TestModels.AddOneProfile] });
        plan.Save(_shared["half.plan"]);
        await using var given = TestHost.Create((services, _, _) => services.AddPinion().AddModel("add", _shared["half.plan"], o => o.RequireVerified = VerificationLevel.Model));
        Assert.That(
            async () => await given.Host.StartAsync(), Throws.InstanceOf<ModelStartException>().With.Message.Contain("a verdict is required, and the FP16 plan has none").And.Message.Contain("pinion verify"));
    }

    [Test]
    public async Task Of_several_hosts_one_builds_and_the_others_wait()
    {
        Device.RequireHost();
        Environment.SetEnvironmentVariable(Faults, "build_delay=400");
        await using TestHost one = Create();
        await using TestHost two = Create();

        await Task.WhenAll(one.Host.StartAsync(), two.Host.StartAsync());

        string[] all = [.. Messages(one), .. Messages(two)];
        Assert.That(all.Count(m => m.Contains("was built in", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(all.Count(m => m.Contains("another process builds", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(await AddModels.AddAsync(two.Model("add"), 1), Is.EqualTo(2));
        Assert.That(await AddModels.AddAsync(one.Model("add"), 1), Is.EqualTo(2));
    }

    [Test]
    public async Task The_health_check_tells_the_phase_while_the_host_runs_and_builds()
    {
        Device.RequireHost();
        Environment.SetEnvironmentVariable(Faults, "build_delay=300");
        await using TestHost host = Create(background: true);
        await host.Host.StartAsync();

        HealthReportEntry building = await UntilAsync(host, e => e.Description!.Contains("is being built", StringComparison.Ordinal));
        Assert.That(building.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(building.Description, Does.Match("^The models are being loaded. Model 'add' is being built: .*(parse|build|serialize|Build).*, for [0-9]+ s.$"));
        Assert.That(building.Data["add"], Does.StartWith("is being built"));
        Assert.That((await host.CheckAsync("pinion-live")).Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(() => host.Model("add"), Throws.InvalidOperationException.With.Message.Match("'add' is not loaded yet, it is being built.*in the background"));

        HealthReportEntry ready = await UntilAsync(host, e => e.Status == HealthStatus.Healthy);
        Assert.That(ready.Data["add"], Is.EqualTo("ready"));
        Assert.That(await AddModels.AddAsync(host.Model("add"), 1), Is.EqualTo(2));
    }

    [Test]
    public async Task The_share_is_told_where_TensorRT_reports_steps()
    {
        if (PinionRuntime.Info.TensorRtLoaded?.Major < 10)
        {
            Assert.Ignore("TensorRT reports steps from version 10 on");
        }

        Device.RequireHost();
        Environment.SetEnvironmentVariable(Faults, "build_delay=300");
        await using TestHost host = Create(background: true);
        await host.Host.StartAsync();

        HealthReportEntry building = await UntilAsync(host, e => e.Description?.Contains('%', StringComparison.Ordinal) != false);

        Assert.That(building.Description, Does.Match("is being built: [0-9]+ %, "));
    }

    [Test]
    public async Task A_model_that_cannot_be_built_fails_the_start_with_the_others()
    {
        await using var host = TestHost.Create((services, _, folder) =>
        {
            File.WriteAllText(folder["bad.onnx"], "no model at all");
            File.WriteAllText(folder["garbage.plan"], "no plan at all");
            services.AddPinion().AddModel("bad", "bad.onnx", o => o.Cache = Cache).AddModel("garbage", "garbage.plan");
        });

        ModelStartException error = (await Assert.ThrowsAsync<ModelStartException>(() => host.Host.StartAsync()))!;

        Assert.That(error.Errors.Keys, Is.EquivalentTo(new[] { "bad", "garbage" }));
        Assert.That(error.Errors["bad"], Is.InstanceOf<PinionException>().With.Property(nameof(PinionException.Status)).EqualTo(PinionStatus.Parse));
        Assert.That(error.Message, Does.Contain("Model 'bad' does not load: ").And.Contain("bad.onnx"));
        Assert.That(new EngineCache(Cache).List().Entries, Is.Empty);
    }

    [Test]
    public async Task A_build_that_crashes_leaves_the_host_and_says_so()
    {
        Device.RequireHost();
        Environment.SetEnvironmentVariable(Faults, "build:1=crash");
        await using TestHost host = Create();

        ModelStartException error = (await Assert.ThrowsAsync<ModelStartException>(() => host.Host.StartAsync()))!;

        Assert.That(((PinionException)error.Errors["add"]).Status, Is.EqualTo(PinionStatus.Crashed));
    }

    [Test]
    public async Task A_build_beyond_its_limit_is_ended()
    {
        Device.RequireHost();
        Environment.SetEnvironmentVariable(Faults, "build:1=hang");
        await using TestHost host = Create(o => o.BuildTimeLimit = TimeSpan.FromMilliseconds(500));

        ModelStartException error = (await Assert.ThrowsAsync<ModelStartException>(() => host.Host.StartAsync()))!;

        Assert.That(((PinionException)error.Errors["add"]).Status, Is.EqualTo(PinionStatus.TimeLimit));
        Assert.That(error.Message, Does.Contain("limit of 0.5 s"));
    }

    [Test]
    public async Task In_the_background_it_stops_the_host_with_exit_code_1()
    {
        await using var host = TestHost.Create((services, _, folder) =>
        {
            File.WriteAllText(folder["bad.onnx"], "no model at all");
            services.AddPinion().LoadInBackground().AddModel("bad", "bad.onnx", o => o.Cache = Cache);
            services.AddHealthChecks().AddPinion();
        });
        try
        {
            Assert.That(await host.Host.RunToExitCodeAsync().WaitAsync(TimeSpan.FromMinutes(1)), Is.EqualTo(1));
            Assert.That(host.Log.In("Pinion.Hosting").Single(e => e.Level == LogLevel.Critical).Message, Does.StartWith("The host stops, since models do not load").And.Contain("bad.onnx"));
        }
        finally
        {
            Environment.ExitCode = 0;
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_host_that_stops_ends_the_process_of_the_build(bool background)
    {
        Device.RequireHost();
        Environment.SetEnvironmentVariable(Faults, "build:1=hang");
        await using TestHost host = Create(background: background);
        Task start = host.Host.StartAsync();
        await UntilAsync(() => Messages(host).Any(m => m.Contains("is being built", StringComparison.Ordinal)) && BuilderProcesses.All.Count == 1);

        if (background)
        {
            await start;
            await host.Host.StopAsync().WaitAsync(TimeSpan.FromMinutes(1));
        }
        else
        {
            host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
            Assert.That(async () => await start.WaitAsync(TimeSpan.FromMinutes(1)), Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That(BuilderProcesses.All, Is.Empty);
        Assert.That(Directory.GetFiles(Cache, "*.lock"), Is.Empty);
        Assert.That(new EngineCache(Cache).List().Entries, Is.Empty);
    }

    [Test]
    public async Task A_changed_model_is_built_and_swapped()
    {
        await using TestHost host = Create(o => (o.ReloadOnChange, o.ReloadInterval) = (true, TimeSpan.FromMilliseconds(5)));
        await host.Host.StartAsync();
        InferenceModel model = host.Model("add");

        AddModels.SaveOnnx(host.Folder["add.onnx"], addend: 2);

        await UntilAsync(() => Messages(host, nameof(PlanWatcher)).Any(m => m.Contains("is served from the new ONNX file", StringComparison.Ordinal)));
        Assert.That(await AddModels.AddAsync(model, 1), Is.EqualTo(3));
        Assert.That(new EngineCache(Cache).List().Entries, Has.Count.EqualTo(2));
        Assert.That(Messages(host), Has.One.Contains("because the content of the model ("));
    }

    [Test]
    public async Task A_changed_model_that_cannot_be_built_leaves_the_old_engine_and_says_so()
    {
        await using TestHost host = Create(o => (o.ReloadOnChange, o.ReloadInterval) = (true, TimeSpan.FromMilliseconds(5)));
        await host.Host.StartAsync();
        File.WriteAllText(host.Folder["add.onnx"], "no model at all");

        HealthReportEntry entry = await UntilAsync(host, e => e.Status == HealthStatus.Degraded);

        Assert.That(entry.Description, Does.Contain("Model 'add' is degraded: The ONNX file '").And.Contain("has changed and does not load"));
        Assert.That(await AddModels.AddAsync(host.Model("add"), 1), Is.EqualTo(2));
        AddModels.SaveOnnx(host.Folder["add.onnx"]);
        await UntilAsync(host, e => e.Status == HealthStatus.Healthy);
    }

    [Test]
    public async Task A_served_engine_is_not_deleted_from_the_cache()
    {
        var cache = new EngineCache(Cache);
        await using (TestHost host = Create())
        {
            await host.Host.StartAsync();
            Assert.That(cache.Prune(maxBytes: 0).Kept, Has.Count.EqualTo(1));
            await host.Model("add").SwapAsync(AddModels.Save(host.Folder["other.plan"], addend: 5));
            await UntilAsync(() => cache.Prune(maxBytes: 0).Deleted.Count == 1);
            Assert.That(await AddModels.AddAsync(host.Model("add"), 1), Is.EqualTo(6));
        }
    }

    [Test]
    public async Task An_engine_that_TensorRT_refuses_is_built_anew()
    {
        Device.RequireHost();
        await using (TestHost first = Create())
        {
            await first.Host.StartAsync();
        }

        // As one of another release would lie there before version 10, whose fourth number only the plan has.
        CacheEntry entry = new EngineCache(Cache).List().Entries.Single();
        Replace(entry, plan => PlanEditor.WithTensorRt(plan, 70000));

        await using TestHost second = Create();
        await second.Host.StartAsync();

        Assert.That(await AddModels.AddAsync(second.Model("add"), 1), Is.EqualTo(2));
        Assert.That(Messages(second), Has.One.Contains("because the engine that was kept does not load: "));
        await using TestHost third = Create();
        await third.Host.StartAsync();
        Assert.That(Messages(third), Has.One.Contains("was in the cache"));
    }

    [Test]
    public async Task An_instance_that_fails_is_loaded_anew_from_the_cache()
    {
        Device.RequireHost();
        await using InferenceModel model = await InferenceModel.LoadAsync("m", new ModelOptions
        {
            Onnx = AddModels.SaveOnnx(_shared["add.onnx"]),
            Cache = Cache,
            Build = new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] },
        });
        Instance instance = model.Scheduler.Version.Pool.All[0];

        model.Scheduler.Version.Reload(instance, CancellationToken.None);

        Assert.That(await AddModels.AddAsync(model, 1), Is.EqualTo(2));
    }

    [Test]
    public void On_a_full_disk_the_engine_is_served_from_memory()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("stands in for a full disk with the shell's limit on file sizes, which Windows lacks");
        }

        // A limit of 2 blocks of 512 bytes: less than any plan.
        string assembly = typeof(BuiltModelTests).Assembly.Location;
        string model = AddModels.SaveOnnx(_shared["add.onnx"]);
        string output = Child.Start("sh", ["-c", $"trap '' XFSZ; ulimit -f 2; DOTNET_EnableWriteXorExecute=0 exec dotnet '{assembly}' built '{model}' '{Cache}'"]);

        Assert.That(output, Does.StartWith($"2\n3\nModel add: the engine was built and could not be kept in {Cache}: ").And.EndWith("It is served, and the next start builds again."));
        Assert.That(Directory.GetFiles(Cache, "*.plan"), Is.Empty);
    }

    [Test]
    public async Task A_cache_that_cannot_be_is_told_with_the_model()
    {
        File.WriteAllText(Cache, "a file");
        await using TestHost host = Create();

        ModelStartException error = (await Assert.ThrowsAsync<ModelStartException>(() => host.Host.StartAsync()))!;

        Assert.That(error.Message, Does.StartWith($"Model 'add' does not load: {Cache} is a file; a cache is a folder."));
    }

    private TestHost Create(Action<ModelOptions>? configure = null, bool background = false) => TestHost.Create((services, _, folder) =>
    {
        AddModels.SaveOnnx(folder["add.onnx"]);
        PinionBuilder builder = services.AddPinion().AddModel("add", "add.onnx", o =>
        {
            o.Build = new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] };
            o.Cache = Cache;
            configure?.Invoke(o);
        });
        if (background)
        {
            builder.LoadInBackground();
        }

        services.AddHealthChecks().AddPinion();
    });

    private static IEnumerable<string> Messages(TestHost host, string category = nameof(InferenceModel)) =>
        host.Log.In($"Pinion.Hosting.{category}").Select(e => e.Message);

    /// <summary>Puts another plan in the place of a cache's, with checksums that match.</summary>
    private static void Replace(CacheEntry entry, Func<byte[], byte[]> edit)
    {
        const int HeadBytes = 4096;
        const string BodyName = "\"entry\": ";
        byte[] plan = edit(File.ReadAllBytes(entry.Path));
        File.WriteAllBytes(entry.Path, plan);
        string path = Path.ChangeExtension(entry.Path, ".json");
        string text = File.ReadAllText(path);
        string body = text[(text.IndexOf(BodyName, StringComparison.Ordinal) + BodyName.Length)..text.LastIndexOf('}')];
        body = Regex.Replace(body, "(?<=\"planSha256\": \")[0-9a-f]+", Sha256(plan));
        body = Regex.Replace(body, "(?<=\"headSha256\": \")[0-9a-f]+", Sha256(plan.AsSpan(0, Math.Min(HeadBytes, plan.Length))));
        File.WriteAllText(path, $"{{\"checksum\": \"{Sha256(Encoding.UTF8.GetBytes(body))}\", {BodyName}{body}}}\n");
    }

    private static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static async Task<HealthReportEntry> UntilAsync(TestHost host, Func<HealthReportEntry, bool> holds)
    {
        HealthReportEntry entry = default;
        await UntilAsync(async () => holds(entry = await host.CheckAsync(Ready)));
        return entry;
    }

    private static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await holds())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
