namespace Pinion.Hosting.Tests;

/// <summary>Refuses to run without a native library, and takes the plans away at the end.</summary>
[SetUpFixture]
public sealed class SdkSetUp
{
    [OneTimeSetUp]
    public void RequireLibrary() => Assert.That(PinionRuntime.IsSupported, Is.True, () => PinionRuntime.UnsupportedReason!);

    [OneTimeTearDown]
    public void DeletePlans() => TestPlans.Delete();
}
