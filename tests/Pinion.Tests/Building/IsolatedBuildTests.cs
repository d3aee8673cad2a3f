using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pinion.Bindings;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Builds in a process of their own: what they give, and every way in which they can end without this process.</summary>
public sealed class IsolatedBuildTests
{
    private const string Faults = "PINION_HOST_TENSORRT_FAULTS";
    private const long Unreached = 1L << 40;

    private static readonly EngineBuildOptions AddOneOptions = new() { Profiles = [TestModels.AddOneProfile] };

    [TearDown]
    public void NothingIsLeft()
    {
        Environment.SetEnvironmentVariable(Faults, null);
        PinionRuntime.SetLog(null);
        Assert.That(BuilderProcesses.All, Is.Empty, "a builder process is still there");
        Assert.That(Directory.GetDirectories(Path.GetTempPath(), $"pinion-{Environment.ProcessId}-*"), Is.Empty, "its temporary files are still there");
    }

    [Test]
    public async Task The_plan_is_that_of_a_build_in_process()
    {
        using var folder = new TemporaryFolder();
        string path = TestModels.AddOne.Save(folder["add.onnx"]);
        var options = new EngineBuildOptions
        {
            Precision = Precision.Fp16,
            Profiles = [OptimizationProfile.Parse("x:min=1x4,opt=1x4,max=1x4"), TestModels.AddOneProfile],
            PrecisionConstraints = PrecisionConstraints.Prefer,
            LayerPrecisions = [new LayerPrecision("*", Precision.Fp32), new LayerPrecision("A*", Precision.Fp32)],
            TimingCachePath = folder["timing.cache"],
        };
        using Plan here = EngineBuilder.Build(path, options);
        IsolatedBuild build = await EngineBuilder.BuildIsolatedAsync(path, options).Guard();
        using Plan there = build.Plan;

        PlanDescription a = here.Description;
        PlanDescription b = there.Description;
        Assert.That(b with { Json = "", Inputs = [], Outputs = [], Profiles = [], Targets = [] }, Is.EqualTo(a with { Json = "", Inputs = [], Outputs = [], Profiles = [], Targets = [] }));
        Assert.That(b.Inputs, Is.EqualTo(a.Inputs));
        Assert.That(b.Profiles.Select(p => p.Inputs["x"]), Is.EqualTo(a.Profiles.Select(p => p.Inputs["x"])));
        Assert.That(build.Sdk, Is.EqualTo(PinionRuntime.Info.Sdk));
        Assert.That(build.TensorRt, Is.EqualTo(PinionRuntime.Info.TensorRtLoaded));
        Assert.That(build.BuildTime, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(build.PeakMemoryBytes, Is.GreaterThan(1 << 20));
        using var engine = Engine.Load(there);
        using Session session = engine.CreateSession(new SessionOptions { Profile = 1 });
        session.SetShape("x", [2, 4]);
        session.Input<float>("x").Fill(1);
        session.Run();
        Check.Equal(session.Output<float>("y"), [2, 2, 2, 2, 2, 2, 2, 2]);
    }

    [Test]
    public async Task A_model_in_memory_finds_its_external_data()
    {
        using var folder = new TemporaryFolder();
        OnnxModel model = new OnnxModel().Input("x", OnnxType.Float32, 1, 8).Output("y", OnnxType.Float32, 1, 4)
            .ExternalConstant("w", [8, 4], "weights.bin").Node("MatMul", ["x", "w"], ["y"]);
        File.WriteAllBytes(folder["weights.bin"], MemoryMarshal.AsBytes(TestModels.DenseWeights().AsSpan()).ToArray());
        string path = model.Save(folder["model.onnx"]);

        using Plan plan = (await EngineBuilder.BuildIsolatedAsync(File.ReadAllBytes(path).AsMemory(), modelPath: path).Guard()).Plan;

        Assert.That(plan.Description.ModelName, Is.EqualTo("model.onnx"));
    }

    [Test]
    public async Task Progress_and_log_lines_arrive_as_in_process()
    {
        var here = new List<string>();
        var there = new List<string>();
        List<string> lines = await Logged(LogSeverity.Verbose, async () =>
        {
            EngineBuilder.Build(TestModels.Identity.ToBytes(), progress: new Receiver(p => here.Add($"{p.Parent}/{p.Phase} {p.Step}/{p.StepCount}"))).Dispose();
            (await EngineBuilder.BuildIsolatedAsync(TestModels.Identity.ToBytes().AsMemory(), progress: new Receiver(p => there.Add($"{p.Parent}/{p.Phase} {p.Step}/{p.StepCount}"))).Guard())
                .Plan.Dispose();
        });

        Assert.That(there, Is.EqualTo(here).And.Not.Empty);
        string[] parsed = [.. lines.Where(l => l.Contains("Parsed", StringComparison.Ordinal))];
        Assert.That(parsed, Has.Length.EqualTo(2));
        Assert.That(parsed[1], Is.EqualTo(parsed[0]));
        Assert.That(await Logged(LogSeverity.Error, async () => (await Build().Guard()).Plan.Dispose()), Is.Empty);
    }

    [Test]
    public void Errors_are_those_of_a_build_in_process()
    {
        Assert.That(async () => await EngineBuilder.BuildIsolatedAsync("/nowhere/model.onnx").Guard(),
            Throws.InstanceOf<FileNotFoundException>().With.Property("FileName").EqualTo("/nowhere/model.onnx"));
        byte[] model = new OnnxModel().Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32, 4).Node("Odd", ["x"], ["y"], "odd one").ToBytes();

        PinionException here = Assert.Throws<PinionException>(() => EngineBuilder.Build(model))!;
        PinionException there = Fails(EngineBuilder.BuildIsolatedAsync(model.AsMemory()));

        Assert.That((there.Status, there.Operation, there.Message, there.TensorRtLog), Is.EqualTo((here.Status, here.Operation, here.Message, here.TensorRtLog)));
    }

    [Test]
    public async Task A_crash_in_the_parser_names_the_node_and_the_next_build_works()
    {
        Script("parse:1=crash");
        using var folder = new TemporaryFolder();
        byte[] model = TestModels.AddOne.ToBytes();

        PinionException e = Fails(EngineBuilder.BuildIsolatedAsync(model.AsMemory(), AddOneOptions, new IsolationOptions { ReproducerFolder = folder["kept"] }));

        Assert.That(e.Status, Is.EqualTo(PinionStatus.Crashed));
        Assert.That(e.Message, Does.Match(@"^The host SDK's parser crashed \(signal 11\) after node 0 '.*' \(Add\)\. The model and how it was built are kept in .+\.$"));
        string kept = Directory.GetDirectories(folder["kept"]).Single();
        Assert.That(Path.GetFileName(kept), Does.EndWith(Convert.ToHexStringLower(SHA256.HashData(model))[..16]));
        Assert.That(File.ReadAllBytes(Path.Combine(kept, "model.onnx")), Is.EqualTo(model));
        Assert.That(File.ReadAllText(Path.Combine(kept, "build.txt")), Does.Contain("signal 11").And.Contain("profile: x:min=1x4,opt=4x4,max=16x4").And.Contain("SDK host"));

        Environment.SetEnvironmentVariable(Faults, null);
        (await Build().Guard()).Plan.Dispose();
    }

    [Test]
    public void A_crash_in_the_builder_is_told_and_a_reproducer_that_cannot_be_kept_too()
    {
        Script("build:1=crash");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");

        PinionException e = Fails(Build(new IsolationOptions { ReproducerFolder = folder["file"] }));

        Assert.That(e.Status, Is.EqualTo(PinionStatus.Crashed));
        Assert.That(e.Message, Does.StartWith("The host SDK's builder crashed (signal 11). The model could not be kept in ").And.Contain(folder["file"]));
    }

    [Test]
    public void A_build_that_hangs_ends_at_its_time_limit()
    {
        Script("build:1=hang");

        PinionException e = Fails(Build(new IsolationOptions { TimeLimit = TimeSpan.FromSeconds(1), MemoryLimitBytes = Unreached }));

        Assert.That(e.Status, Is.EqualTo(PinionStatus.TimeLimit));
        Assert.That(e.Message, Is.EqualTo("The build took longer than its limit of 1 s and was ended in phase 'build'."));
    }

    [Test]
    public void A_build_that_takes_memory_without_end_is_ended_at_its_limit()
    {
        Script("build:1=allocate");

        PinionException e = Fails(Build(new IsolationOptions { MemoryLimitBytes = 400_000_000, TimeLimit = TimeSpan.FromHours(1) }));

        Assert.That(e.Status, Is.EqualTo(PinionStatus.MemoryLimit));
        Assert.That(e.Message, Does.Match(@"^The build took \d{3},\d{3},\d{3} bytes of memory, its limit is 400,000,000, and was ended in phase 'build'\.$"));
    }

    [Test]
    public void A_cancelled_build_ends_at_once()
    {
        Script("build:1=hang");
        using var cancellation = new CancellationTokenSource();

        Task<IsolatedBuild> build = Build(progress: new Receiver(p => Cancel(p, cancellation)), token: cancellation.Token);

        OperationCanceledException e = Assert.Throws<TaskCanceledException>(() => build.Guard().GetAwaiter().GetResult())!;
        Assert.That(e.CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(build.IsCanceled, Is.True);

        static void Cancel(BuildProgress progress, CancellationTokenSource source)
        {
            if (progress.Phase == "build")
            {
                source.Cancel();
            }
        }
    }

    [Test]
    public void A_cancelled_token_starts_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.That(async () => await Build(token: cancellation.Token).Guard(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void A_receiver_that_throws_ends_the_build_and_its_exception_is_kept()
    {
        Script("build:1=hang");
        var thrown = new InvalidDataException("no more");

        PinionException e = Fails(Build(progress: new Receiver(_ => throw thrown)));

        Assert.That(e.InnerException, Is.SameAs(thrown));
    }

    [TestCase(9, "was ended by the system (signal 9), probably for want of memory in phase 'build'")]
    [TestCase(15, "was ended from outside (signal 15) in phase 'build'")]
    public void A_kill_from_outside_is_no_crash(int signal, string words)
    {
        Script("build:1=hang");

        PinionException e = Fails(Build(progress: new Receiver(p => Kill(p, signal))));

        Assert.That(e.Status, Is.EqualTo(PinionStatus.Killed));
        Assert.That(e.Message, Does.Contain(words));

        static void Kill(BuildProgress progress, int signal)
        {
            if (progress.Phase == "build")
            {
                Signal(BuilderProcesses.All.Single(), signal);
            }
        }
    }

    [Test]
    public async Task Two_at_once_do_not_disturb_each_other()
    {
        Script("parse:1=crash");
        Task<IsolatedBuild> crashing = Build();
        Environment.SetEnvironmentVariable(Faults, null);
        Task<IsolatedBuild>[] good = [Build(), Build()];

        foreach (IsolatedBuild build in await Task.WhenAll(good).Guard())
        {
            build.Plan.Dispose();
        }

        try
        {
            // Which environment the first one saw is a matter of time.
            (await crashing.Guard()).Plan.Dispose();
        }
        catch (PinionException e)
        {
            Assert.That(e.Status, Is.EqualTo(PinionStatus.Crashed));
        }
    }

    [Test]
    public void The_end_of_the_parent_ends_the_build()
    {
        using Process parent = Process.Start(new ProcessStartInfo("dotnet", [typeof(IsolatedBuildTests).Assembly.Location, "isolated-hang"])
        {
            RedirectStandardOutput = true,
            Environment = { [Faults] = "build:1=hang" },
        })!;
        int builder = int.Parse(parent.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        Assert.That(Directory.Exists($"/proc/{builder}"), Is.True);
        parent.Kill();

        Hang.Until(() => !Directory.Exists($"/proc/{builder}"));
        foreach (string left in Directory.GetDirectories(Path.GetTempPath(), $"pinion-{parent.Id}-*"))
        {
            Directory.Delete(left, recursive: true);
        }
    }

    [Test]
    public void Options_out_of_range_are_refused_at_once()
    {
        Check.Throws<ArgumentOutOfRangeException>(() => Build(new IsolationOptions { TimeLimit = TimeSpan.Zero }), "more than zero");
        Check.Throws<ArgumentOutOfRangeException>(() => Build(new IsolationOptions { MemoryLimitBytes = 0 }), "MemoryLimitBytes");
        Check.Throws<ArgumentOutOfRangeException>(() => Build(new IsolationOptions { Sdk = (Sdk)99 }), "Sdk");
        Check.Throws<ArgumentException>(() => Build(new IsolationOptions { ReproducerFolder = "" }), "ReproducerFolder");
        Check.Throws<ArgumentOutOfRangeException>(() => EngineBuilder.BuildIsolatedAsync("x.onnx", new EngineBuildOptions { OptimizationLevel = 9 }), "0 to 5");
    }

    [Test, Category("Rtx")]
    public async Task Another_SDK_builds_while_this_process_holds_its_own()
    {
        if (BuilderFiles.Find("rtx", PinionRuntime.EnsureLoaded()).Library is null)
        {
            Assert.Ignore("there is no library of SDK rtx: ./build.sh rtx --sdk DIR");
        }

        IsolatedBuild build = await EngineBuilder.BuildIsolatedAsync(
            TestModels.AddOne.ToBytes().AsMemory(), AddOneOptions with { Targets = GpuTarget.Parse("a10") }, new IsolationOptions { Sdk = Sdk.Rtx }).Guard();
        using Plan plan = build.Plan;

        Assert.That(build.Sdk, Is.EqualTo(Sdk.Rtx));
        Assert.That(plan.Description.Sdk, Is.EqualTo(Sdk.Rtx));
        Assert.That(plan.Description.Targets, Is.EqualTo(new[] { new Version(8, 6) }));
    }

    /// <summary>NVIDIA's parser dies of some of these.</summary>
    [Test, Category("Rtx")]
    public void Every_end_of_a_damaged_model_is_told()
    {
        if (BuilderFiles.Find("rtx", PinionRuntime.EnsureLoaded()).Library is null)
        {
            Assert.Ignore("there is no library of SDK rtx: ./build.sh rtx --sdk DIR");
        }

        byte[] model = new OnnxModel().Input("x", OnnxType.Float32, "N", 4).Output("y", OnnxType.Float32, "N", 4)
            .Constant("two", [1], [2f]).Constant("one", [1], [1f])
            .Node("Mul", ["x", "two"], ["twice"], "double").Node("Add", ["twice", "one"], ["y"], "increment").ToBytes();
        var ends = new Dictionary<string, int>();
        PinionRuntime.SetLog((_, _) => { });
        for (int i = 0; i < model.Length; i++)
        {
            byte[] damaged = [.. model];
            damaged[i] ^= (byte)(1 << (i % 8));
            string end;
            try
            {
                EngineBuilder.BuildIsolatedAsync(damaged.AsMemory(), AddOneOptions, new IsolationOptions { Sdk = Sdk.Rtx })
                    .Guard().GetAwaiter().GetResult().Plan.Dispose();
                end = "plan";
            }
            catch (PinionException e)
            {
                Assert.That(e.Message, Is.Not.Empty);
                if (e.Status == PinionStatus.Crashed)
                {
                    Assert.That(e.Message, Does.Match(@"^NVIDIA's (parser|builder) crashed \(signal \d+\)( after node \d+ '.+' \(.+\))?\.$"));
                    TestContext.Out.WriteLine($"byte {i}: {e.Message}");
                }

                end = e.Status.ToString();
            }

            ends[end] = ends.GetValueOrDefault(end) + 1;
        }

        TestContext.Out.WriteLine(string.Join(", ", ends.Select(e => $"{e.Key} {e.Value}")));
        Assert.That(ends.Keys, Is.Not.SubsetOf(new[] { "plan" }).And.None.EqualTo(nameof(PinionStatus.Internal)));
    }

    private static Task<IsolatedBuild> Build(IsolationOptions? isolation = null, IProgress<BuildProgress>? progress = null, CancellationToken token = default) =>
        EngineBuilder.BuildIsolatedAsync(TestModels.Identity.ToBytes().AsMemory(), null, isolation, null, progress, token);

    private static PinionException Fails(Task<IsolatedBuild> build) => Assert.Throws<PinionException>(() => build.Guard().GetAwaiter().GetResult())!;

    /// <summary>For builder processes alone: the native library of this process does not see it.</summary>
    private static void Script(string faults)
    {
        Device.RequireHost();
        Environment.SetEnvironmentVariable(Faults, faults);
    }

    private static async Task<List<string>> Logged(LogSeverity severity, Func<Task> work)
    {
        var lines = new List<string>();
        PinionRuntime.SetLog((_, line) => lines.Add(line), severity);
        try
        {
            await work();
        }
        finally
        {
            PinionRuntime.SetLog(null);
        }

        return lines;
    }

    private static void Signal(int process, int signal)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process}"]);
        kill.WaitForExit();
    }

    internal sealed class Receiver(Action<BuildProgress> report) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value) => report(value);
    }
}
