namespace Pinion.Cli.Tests;

/// <summary>Says what the suite runs on, and refuses to run without a native library.</summary>
[SetUpFixture]
public sealed class ProcessesSetUp
{
    [OneTimeSetUp]
    public void Report()
    {
        CliResult doctor = Cli.Run("doctor");
        Assert.That(doctor.ExitCode, Is.Zero, () => $"pinion doctor: {doctor.Output}{doctor.Errors}");
        TestContext.Progress.WriteLine($"{Cli.Executable}\n{doctor.Output}");
    }

    [OneTimeTearDown]
    public void Clean() => Workbench.Delete();
}
