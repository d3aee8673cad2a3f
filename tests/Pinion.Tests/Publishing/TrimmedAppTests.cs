using System.Runtime.InteropServices;
using Pinion.TestSupport;

namespace Pinion.Tests;

public sealed class TrimmedAppTests
{
    [Test]
    [Category("Slow")]
    public void A_trimmed_self_contained_program_runs()
    {
        using var folder = new TemporaryFolder();
        string app = Path.Combine(Child.RepositoryRoot, "tests", "Pinion.Tests", "Publishing", "App");

        Child.Start("dotnet", [
            "publish", app, "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", folder["app"], "--nologo", "-v", "quiet",
        ]);
        string program = folder[OperatingSystem.IsWindows() ? "app/Pinion.Tests.TrimmedApp.exe" : "app/Pinion.Tests.TrimmedApp"];
        string output = Child.Start(program, [], ("PINION_NATIVE_DIR", Path.GetDirectoryName(PinionRuntime.Info.LibraryPath)!));

        Assert.That(output, Is.EqualTo($"{PinionRuntime.Info.Sdk} 42 x:min=1x4,opt=4x4,max=16x4 True True True"));
    }
}
