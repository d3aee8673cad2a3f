using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Pinion.Bindings;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Builder programs that are missing, that the system does not start, and that answer in other words.</summary>
[Platform(Include = "Linux")]
[UnsupportedOSPlatform("windows")]
public sealed class BuilderProcessTests
{
    private static BuilderFiles Files => BuilderFiles.Find(null, PinionRuntime.EnsureLoaded());

    [Test]
    public void A_program_that_is_missing_is_named_with_the_folders()
    {
        PinionException e = Fails(Files with { Program = null });
        Assert.That(e.Status, Is.EqualTo(PinionStatus.NotFound));
        Check.Mentions(e, "pinion-builder", AppContext.BaseDirectory.TrimEnd('/'));
    }

    [Test]
    public void A_library_that_is_missing_is_named_with_the_way_out()
    {
        PinionException e = Fails(Files with { Sdk = "rtx", Library = null });
        Assert.That(e.Status, Is.EqualTo(PinionStatus.NotFound));
        Check.Mentions(e, "SDK rtx", "./build.sh rtx");
    }

    /// <summary>As a package on a read-only file system has it.</summary>
    [Test]
    public void A_program_without_the_executable_bit_in_a_read_only_folder_works()
    {
        using var folder = new TemporaryFolder();
        string program = Copied(folder, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            using Plan plan = Run(Files with { Program = program }).Plan;
            Assert.That(plan.SizeBytes, Is.GreaterThan(0));
        }
        finally
        {
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [TestCase("", "no program of this system")]
    [TestCase("\u007fELF and nothing that follows, which has at least the sixty-four bytes of a header", "names no loader")]
    public void A_program_that_is_none_does_not_start(string content, string reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["program"], content);
        PinionException e = Fails(Files with { Program = folder["program"] });
        Assert.That(e.Status, Is.EqualTo(PinionStatus.IO));
        Check.Mentions(e, folder["program"], reason);
    }

    [Test]
    public void A_library_that_does_not_load_is_told_in_the_systems_words()
    {
        PinionException e = Fails(Files with { Library = "/nowhere/libpinion_host.so" });
        Assert.That(e.Status, Is.EqualTo(PinionStatus.NotFound));
        Check.Mentions(e, "/nowhere/libpinion_host.so: cannot open shared object file");
    }

    [Test]
    public void A_library_of_another_release_is_refused()
    {
        byte[] hello = [.. Header(FrameKind.Hello, 12), .. BitConverter.GetBytes(99 << 16), .. new byte[8]];
        PinionException e = Fails(Answering(hello));
        Assert.That(e.Status, Is.EqualTo(PinionStatus.Unsupported));
        Check.Mentions(e, "ABI version 99.0", "different releases");
    }

    [Test]
    public void An_answer_that_stops_is_told_with_the_exit_code()
    {
        PinionException e = Fails(Answering([], exitCode: 7));
        Assert.That(e.Status, Is.EqualTo(PinionStatus.Crashed));
        Check.Mentions(e, "exit code 7", "before it had begun");
    }

    private static IEnumerable<TestCaseData> TornAnswers()
    {
        yield return new TestCaseData(new byte[] { 1, 2, 3 }, "3 bytes came").SetName("half a header");
        yield return new TestCaseData(Header((FrameKind)77, 4), "kind 77").SetName("an unknown kind");
        yield return new TestCaseData(Header(FrameKind.Request, 4), "kind 1").SetName("a kind of the other direction");
        yield return new TestCaseData(Header(FrameKind.Log, 1UL << 40), "1099511627776 bytes").SetName("a huge payload");
        yield return new TestCaseData(Header(FrameKind.Plan, ulong.MaxValue), "18446744073709551615 bytes").SetName("a huge plan");
        yield return new TestCaseData(Header(FrameKind.Log, 100), "100 bytes too early").SetName("half a payload");
        yield return new TestCaseData((byte[])[.. Header(FrameKind.Plan, 100), .. new byte[40]], "60 bytes too early").SetName("half a plan");
        yield return new TestCaseData((byte[])[.. Header(FrameKind.Log, 8), .. BitConverter.GetBytes(2), .. BitConverter.GetBytes(100)], "a field of 100 bytes").SetName("a field too long");
        yield return new TestCaseData((byte[])[.. Header(FrameKind.Log, 8), .. BitConverter.GetBytes(2), .. BitConverter.GetBytes(-1)], "a field of -1 bytes").SetName("a negative length");
        yield return new TestCaseData((byte[])[.. Header(FrameKind.End, 16), .. new byte[16]], "no place").SetName("an end without a plan");
    }

    [TestCaseSource(nameof(TornAnswers))]
    public void A_torn_answer_is_told(byte[] answer, string words)
    {
        PinionException e = Fails(Answering(answer));
        Assert.That(e.Status, Is.EqualTo(PinionStatus.Internal));
        Check.Mentions(e, "torn", words);
    }

    /// <summary>A program that says this, whatever it is asked.</summary>
    private static BuilderFiles Answering(byte[] answer, int exitCode = 0)
    {
        string folder = TestContext.CurrentContext.WorkDirectory;
        string program = Path.Combine(folder, $"answering-{Guid.NewGuid():N}");
        File.WriteAllBytes(program + ".bytes", answer);
        File.WriteAllText(program, $"#!/bin/sh\ncat '{program}.bytes'\nrm -f '{program}' '{program}.bytes'\nexit {exitCode}\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Files with { Program = program };
    }

    private static byte[] Header(FrameKind kind, ulong bytes)
    {
        var header = new FrameHeader(kind, 0, bytes);
        return MemoryMarshal.AsBytes(new ReadOnlySpan<FrameHeader>(in header)).ToArray();
    }

    private static string Copied(TemporaryFolder folder, UnixFileMode mode)
    {
        string program = folder["pinion-builder"];
        File.Copy(Files.Program!, program);
        File.SetUnixFileMode(program, mode);
        return program;
    }

    private static PinionException Fails(BuilderFiles files) => Assert.Throws<PinionException>(() => Run(files))!;

    private static IsolatedBuild Run(BuilderFiles files)
    {
        var request = new BuilderRequest(null, TestModels.Identity.ToBytes(), new EngineBuildOptions());
        using var process = BuilderProcess.Start(files);
        using var build = new BuilderRun(process, request, new IsolationOptions(), null, default);
        return build.Run();
    }
}
