namespace Pinion.Bindings.Tests;

[Platform(Exclude = "Win", Reason = "compiles its libraries with cc")]
internal sealed class NativeLibrarySelectorTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Takes_the_first_that_is_usable()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Nvidia, status: pn_status.PN_NO_DEVICE, message: "no CUDA-capable device is detected");
        string cuda = FakeLibrary.Compile(_folder.Path, NativeSdk.Cuda);
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);

        NativeLoadResult result = Select();

        Assert.Multiple(() =>
        {
            Assert.That(result.Sdk, Is.EqualTo(NativeSdk.Cuda));
            Assert.That(result.LibraryPath, Is.EqualTo(cuda));
            Assert.That(result.Handle, Is.Not.Zero);
            Assert.That(result.FailureMessage(), Is.Empty);
            Assert.That(result.Attempts.Select(a => a.Outcome), Is.EqualTo(new[] { NativeLoadOutcome.NotUsable, NativeLoadOutcome.NotFound, NativeLoadOutcome.Usable }));
            Assert.That(result.Attempts[0].RunProblem, Does.EndWith("no CUDA-capable device is detected"));
            Assert.That(result.Attempts[2].RunProblem, Is.Empty);
        });
    }

    [Test]
    public void Says_which_library_is_missing()
    {
        string path = FakeLibrary.CompileWithMissingLibrary(_folder.Path, NativeSdk.Nvidia, "libnvfake.so.8");
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);

        NativeLoadAttempt nvidia = Select().Attempts[0];

        Assert.Multiple(() =>
        {
            Assert.That(nvidia.Outcome, Is.EqualTo(NativeLoadOutcome.NotLoadable));
            Assert.That(nvidia.Path, Is.EqualTo(path));
            Assert.That(nvidia.RunProblem, Does.Contain(path).And.Contain("libnvfake.so.8"));
            Assert.That(nvidia.RunProblem, Does.Not.Contain("strace").And.Not.Contain("\n"));
        });
    }

    [Test]
    [Platform("Linux", Reason = "asks the linker for a symbol that it leaves open")]
    public void Says_which_symbol_is_missing()
    {
        string path = FakeLibrary.CompileWithMissingSymbol(_folder.Path, NativeSdk.Nvidia, "createFakeBuilder_INTERNAL");

        NativeLoadAttempt nvidia = Select().Attempts[0];

        Assert.That(nvidia.RunProblem, Does.Contain(path).And.Contain("undefined symbol: createFakeBuilder_INTERNAL"));
    }

    [TestCase(999, 0)]
    [TestCase(0, 0)]
    public void Refuses_another_major_version(int major, int minor)
    {
        string path = FakeLibrary.Compile(_folder.Path, NativeSdk.Host, FakeLibrary.Abi(major, minor));

        NativeLoadResult result = Select(NativeSdk.Host);

        Assert.Multiple(() =>
        {
            Assert.That(result.IsLoaded, Is.False);
            Assert.That(result.Attempts[0].Outcome, Is.EqualTo(NativeLoadOutcome.WrongAbi));
            Assert.That(result.FailureMessage(), Does.Contain(path).And.Contain($"ABI version {major}.{minor}")
                .And.Contain($"{NativeConstants.PN_ABI_MAJOR}.{NativeConstants.PN_ABI_MINOR} is needed"));
        });
    }

    [Test]
    public void Takes_a_later_minor_version_but_not_an_earlier_one()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host, FakeLibrary.Abi(3, 5));
        NativeLoadOptions options = Options(NativeSdk.Host) with { AbiMajor = 3 };
        Assert.Multiple(() =>
        {
            Assert.That(NativeLibrarySelector.Select(options with { AbiMinor = 4 }).IsLoaded, Is.True);
            Assert.That(NativeLibrarySelector.Select(options with { AbiMinor = 5 }).IsLoaded, Is.True);
            Assert.That(NativeLibrarySelector.Select(options with { AbiMinor = 6 }).IsLoaded, Is.False);
        });
    }

    [Test]
    public void A_file_that_is_no_library_is_named()
    {
        string path = Path.Combine(_folder.Path, NativeSdk.FileName(NativeSdk.Host));
        File.WriteAllText(path, "This is a text file, and a rather long one, so that the loader gets to see a whole header of it.");

        NativeLoadAttempt host = Select(NativeSdk.Host).Attempts.Single();

        Assert.Multiple(() =>
        {
            Assert.That(host.Outcome, Is.EqualTo(NativeLoadOutcome.NotLoadable));
            Assert.That(host.RunProblem, Does.Contain(path));
        });
    }

    [Test]
    public void A_library_of_someone_else_is_named()
    {
        string source = Path.Combine(_folder.Path, "other.c");
        string path = Path.Combine(_folder.Path, NativeSdk.FileName(NativeSdk.Host));
        File.WriteAllText(source, "int other(void) { return 1; }\n");
        FakeLibrary.CompileSource(source, path);

        NativeLoadAttempt host = Select(NativeSdk.Host).Attempts.Single();

        Assert.Multiple(() =>
        {
            Assert.That(host.Outcome, Is.EqualTo(NativeLoadOutcome.WrongAbi));
            Assert.That(host.RunProblem, Does.Contain(path).And.Contain("pn_abi_version"));
        });
    }

    [Test]
    public void Goes_on_to_the_next_folder_past_a_broken_file()
    {
        using var second = new TemporaryFolder();
        File.WriteAllText(Path.Combine(_folder.Path, NativeSdk.FileName(NativeSdk.Host)), "broken");
        string good = FakeLibrary.Compile(second.Path, NativeSdk.Host);

        NativeLoadResult result = NativeLibrarySelector.Select(new NativeLoadOptions
        {
            ForcedSdk = NativeSdk.Host,
            Folders = [_folder.Path, second.Path],
        });

        Assert.That(result.LibraryPath, Is.EqualTo(good));
    }

    [Test]
    public void A_forced_sdk_is_the_only_one_tried()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);
        FakeLibrary.Compile(_folder.Path, NativeSdk.Cuda, status: pn_status.PN_NO_DEVICE, message: "no device here");

        NativeLoadResult result = Select(NativeSdk.Cuda);

        Assert.Multiple(() =>
        {
            Assert.That(result.IsLoaded, Is.False);
            Assert.That(result.Attempts.Select(a => a.Sdk), Is.EqualTo(new[] { NativeSdk.Cuda }));
            Assert.That(result.FailureMessage(), Does.Contain("PINION_SDK=cuda").And.Contain("no device here"));
        });
    }

    [Test]
    public void An_unknown_sdk_name_lists_the_known_ones()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);

        NativeLoadResult result = Select("nvidea");

        Assert.Multiple(() =>
        {
            Assert.That(result.IsLoaded, Is.False);
            Assert.That(result.FailureMessage(), Does.Contain("nvidea").And.Contain("nvidia, rtx, cuda, host"));
        });
    }

    [Test]
    public void With_nothing_there_every_reason_is_given()
    {
        string missing = Path.Combine(_folder.Path, "missing");

        NativeLoadResult result = NativeLibrarySelector.Select(new NativeLoadOptions { Folders = [missing], AskSystemLoader = false });

        Assert.Multiple(() =>
        {
            Assert.That(result.Attempts.Select(a => a.Outcome), Is.All.EqualTo(NativeLoadOutcome.NotFound));
            Assert.That(result.Attempts, Has.Count.EqualTo(NativeSdk.All.Count));
            Assert.That(result.FailureMessage(), Does.Contain(NativeSdk.FileName(NativeSdk.Nvidia)).And.Contain(NativeSdk.FileName(NativeSdk.Rtx)).And.Contain(NativeSdk.FileName(NativeSdk.Cuda))
                .And.Contain(NativeSdk.FileName(NativeSdk.Host)).And.Contain(missing));
        });
    }

    [TestCase(null, "to compute on the CPU")]
    [TestCase(NativeSdk.Host, "PINION_SDK=host has no native library in this application")]
    public void With_nothing_there_the_first_line_names_the_package_to_add(string? forced, string more)
    {
        NativeLoadResult result = NativeLibrarySelector.Select(
            new NativeLoadOptions { ForcedSdk = forced, ForcedBy = $"PINION_SDK={forced}", Folders = [Path.Combine(_folder.Path, "missing")], AskSystemLoader = false });

        string first = result.FailureMessage().Split('\n')[0];
        Assert.That(first, Does.Contain($"add the package Pinion.Runtime.host.{NativeSearchFolders.PortableRid()}").And.Contain(more));
    }

    [Test]
    public void For_diagnosis_every_sdk_is_tried_whichever_is_forced()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Cuda);
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);

        IReadOnlyList<NativeLoadAttempt> attempts = NativeLibrarySelector.TryAll(Options(NativeSdk.Host));

        Assert.That(attempts.Select(a => (a.Sdk, a.Outcome)), Is.EqualTo(new[]
        {
            (NativeSdk.Nvidia, NativeLoadOutcome.NotFound),
            (NativeSdk.Rtx, NativeLoadOutcome.NotFound),
            (NativeSdk.Cuda, NativeLoadOutcome.Usable),
            (NativeSdk.Host, NativeLoadOutcome.Usable),
        }));
    }

    [Test]
    public void One_that_only_builds_is_taken_where_it_is_asked_for_and_never_else()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Rtx, status: pn_status.PN_NO_DEVICE, message: "no CUDA-capable device is detected", buildStatus: pn_status.PN_OK);
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);

        NativeLoadResult forced = Select(NativeSdk.Rtx);
        NativeLoadAttempt told = NativeLibrarySelector.TryAll(Options()).Single(a => a.Sdk == NativeSdk.Rtx);

        Assert.Multiple(() =>
        {
            Assert.That(Select().Sdk, Is.EqualTo(NativeSdk.Host));
            Assert.That(forced.Sdk, Is.EqualTo(NativeSdk.Rtx));
            Assert.That(forced.Handle, Is.Not.Zero);
            Assert.That(told.RunProblem, Does.EndWith("no CUDA-capable device is detected"));
            Assert.That(told.BuildProblem, Is.Empty);
        });
    }

    [Test]
    public void One_that_does_neither_is_refused_also_where_it_is_asked_for()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Nvidia, status: pn_status.PN_NO_DEVICE, message: "no device here");

        NativeLoadResult result = Select(NativeSdk.Nvidia);

        Assert.That(result.IsLoaded, Is.False);
        Assert.That(result.FailureMessage(), Does.Contain("PINION_SDK=nvidia is not usable here").And.Contain("no device here"));
    }

    [Test]
    public void Beside_a_gpu_whose_sdk_does_not_load_the_cpu_is_not_taken_without_a_word()
    {
        string path = FakeLibrary.CompileWithMissingLibrary(_folder.Path, NativeSdk.Nvidia, "libnvfake.so.8");
        FakeLibrary.Compile(_folder.Path, NativeSdk.Cuda);
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);

        NativeLoadResult result = NativeLibrarySelector.Select(Options() with { CountGpus = () => 1 });

        Assert.Multiple(() =>
        {
            Assert.That(result.IsLoaded, Is.False);
            string[] lines = result.FailureMessage().Split('\n');
            Assert.That(lines, Has.Length.EqualTo(2), "those that are not installed are no news");
            Assert.That(lines[0], Does.Contain("has an NVIDIA GPU").And.Contain("PINION_SDK=host").And.Contain("PinionRuntime.Use(Sdk.Host)"));
            Assert.That(lines[1], Does.StartWith($"  nvidia: {path}").And.Contain("libnvfake.so.8"));
            Assert.That(Select(NativeSdk.Host).Sdk, Is.EqualTo(NativeSdk.Host), "asked for");
        });
    }

    [Test]
    public void Beside_a_gpu_that_an_sdk_cannot_serve_the_cpu_is_not_taken_without_a_word()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Rtx, status: pn_status.PN_UNSUPPORTED, message: "no engines for SM 9.0");
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);

        // A driver would let the library be examined; forced it is examined without one.
        NativeLoadAttempt examined = NativeLibrarySelector.Select(Options(NativeSdk.Rtx)).Attempts.Single();
        NativeLoadResult result = NativeLibrarySelector.Select(Options() with { CountGpus = () => 1 });

        Assert.That(examined.RunProblem, Does.EndWith("no engines for SM 9.0"));
        Assert.That(result.IsLoaded, Is.False);
        Assert.That(result.LeavesGpuIdle, Is.True);
    }

    [TestCase(0, true)]
    [TestCase(1, false)]
    public void Only_a_broken_sdk_beside_a_gpu_keeps_the_cpu_from_being_taken(int gpus, bool isBroken)
    {
        if (isBroken)
        {
            FakeLibrary.CompileWithMissingLibrary(_folder.Path, NativeSdk.Nvidia, "libnvfake.so.8");
        }

        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);

        NativeLoadResult result = NativeLibrarySelector.Select(Options() with { CountGpus = () => gpus });

        Assert.That(result.Sdk, Is.EqualTo(NativeSdk.Host));
    }

    [Test]
    public void Where_no_sdk_for_gpus_is_broken_the_driver_is_not_started()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);
        FakeLibrary.CompileWithMissingLibrary(_folder.Path, NativeSdk.Cuda, "libcudafake.so.8");
        NativeLoadOptions options = Options() with { CountGpus = () => throw new InvalidOperationException("started") };

        Assert.That(NativeLibrarySelector.Select(options).Sdk, Is.EqualTo(NativeSdk.Host));
        FakeLibrary.Compile(_folder.Path, NativeSdk.Nvidia);
        Assert.That(NativeLibrarySelector.Select(options).Sdk, Is.EqualTo(NativeSdk.Nvidia));
    }

    [Test]
    public void A_program_asks_for_an_sdk_before_the_first_use_alone()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Cuda);
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);
        var choice = new NativeLibraryChoice(Options);

        Assert.That(choice.Ask(NativeSdk.Host), Is.True);
        Assert.That(choice.Load().Sdk, Is.EqualTo(NativeSdk.Host));
        Assert.That(choice.Ask(NativeSdk.Host), Is.True, "it is the one");
        Assert.That(choice.Ask(NativeSdk.Cuda), Is.False);
    }

    [Test]
    public void A_failure_is_not_kept_and_a_success_is()
    {
        var choice = new NativeLibraryChoice(Options);
        Assert.That(choice.Load().IsLoaded, Is.False);

        string path = FakeLibrary.Compile(_folder.Path, NativeSdk.Host);
        NativeLoadResult loaded = choice.Load();
        File.Delete(path);

        Assert.Multiple(() =>
        {
            Assert.That(loaded.Sdk, Is.EqualTo(NativeSdk.Host));
            Assert.That(choice.Load(), Is.SameAs(loaded));
        });
    }

    [Test]
    public void Many_threads_get_the_same_library()
    {
        FakeLibrary.Compile(_folder.Path, NativeSdk.Host);
        int selections = 0;
        var choice = new NativeLibraryChoice(asked =>
        {
            Interlocked.Increment(ref selections);
            return Options(asked);
        });
        var results = new NativeLoadResult[8];
        using var start = new Barrier(results.Length);
        Thread[] threads = [.. Enumerable.Range(0, results.Length).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            results[i] = choice.Load();
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());

        Assert.Multiple(() =>
        {
            Assert.That(results, Is.All.SameAs(results[0]));
            Assert.That(selections, Is.EqualTo(1));
        });
    }

    // Other tests of this process load the real library, which the system loader would then give for its name.
    private NativeLoadOptions Options(string? forced = null) => new()
    {
        ForcedSdk = forced,
        ForcedBy = $"PINION_SDK={forced}",
        Folders = [_folder.Path],
        AskSystemLoader = false,
        CountGpus = () => 0,
    };

    private NativeLoadResult Select(string? forced = null) => NativeLibrarySelector.Select(Options(forced));
}
