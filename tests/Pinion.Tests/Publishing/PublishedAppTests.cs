using System.Runtime.InteropServices;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Programs as users publish them, which build in their own process and in another, and run.</summary>
public sealed class PublishedAppTests
{
    [Test]
    [Category("Slow")]
    public void A_trimmed_self_contained_single_file_runs() => PublishAndRun("PublishTrimmed=true", "TrimMode=full", "SelfContained=true", "PublishSingleFile=true");

    [Test]
    [Category("Slow")]
    [Category("Large")]
    public void A_program_compiled_ahead_of_time_runs() => PublishAndRun("PublishAot=true");

    private static void PublishAndRun(params string[] properties)
    {
        using var folder = new TemporaryFolder();
        string app = Path.Combine(Child.RepositoryRoot, "tests", "Pinion.Tests", "Publishing", "App");

        Child.Start("dotnet", [
            "publish", app, "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", folder["app"], "--artifacts-path", folder["artifacts"], "--nologo", "-v", "quiet",
            .. properties.Select(p => "-p:" + p),
        ]);
        string program = folder[OperatingSystem.IsWindows() ? "app/Pinion.Tests.PublishedApp.exe" : "app/Pinion.Tests.PublishedApp"];
        string output = Child.Start(program, [], ("PINION_NATIVE_DIR", Path.GetDirectoryName(PinionRuntime.Info.LibraryPath)!));

        Assert.That(output, Is.EqualTo($"{PinionRuntime.Info.Sdk} 42 x:min=1x4,opt=4x4,max=16x4 True True True"));
    }
}
