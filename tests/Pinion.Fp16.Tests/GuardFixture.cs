namespace Pinion.Fp16.Tests;

/// <summary>Tests that guard models in a folder of their own, without TensorRT's words.</summary>
public abstract class GuardFixture
{
    private protected TemporaryFolder Folder { get; private set; } = null!;

    [OneTimeSetUp]
    public void Silence() => PinionRuntime.SetLog((_, _) => { });

    [SetUp]
    public void SetUp() => Folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => Folder.Dispose();
}
