using System.Runtime.InteropServices;

namespace Pinion.Hosting.Tests;

public sealed class TrimmedAppTests
{
    [Test]
    [Category("Slow")]
    public void A_trimmed_service_binds_its_configuration_and_answers()
    {
        using var folder = new TemporaryFolder();
        string app = Path.Combine(Child.RepositoryRoot, "tests", "Pinion.Hosting.Tests", "Publishing", "App");

        Child.Start("dotnet", [
            "publish", app, "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", folder["app"], "--nologo", "-v", "quiet",
        ]);
        string program = folder[OperatingSystem.IsWindows() ? "app/Pinion.Hosting.Tests.TrimmedApp.exe" : "app/Pinion.Hosting.Tests.TrimmedApp"];
        string output = Child.Start(program, [TestPlans.AddOne], ("PINION_NATIVE_DIR", Path.GetDirectoryName(PinionRuntime.Info.LibraryPath)!));

        Assert.That(output, Is.EqualTo("42 4 Healthy 2 Stopped"));
    }
}
