namespace Pinion.Bindings.Tests;

internal sealed class LoadErrorTextTests
{
    private const string ModuleNotFound =
        "Unable to load DLL 'x' or one of its dependencies: The specified module could not be found. (0x8007007E)";

    /// <summary>A library that the test knows: every managed one imports mscoree.dll.</summary>
    private static string KnownImage => typeof(NativeLoader).Assembly.Location;

    [Test]
    public void ReadsAnImportTable() => Assert.That(PortableExecutableImports.Read(KnownImage), Is.EqualTo(new[] { "mscoree.dll" }));

    [Test]
    public void AFileThatIsNoImageHasNoImports() => Assert.That(PortableExecutableImports.Read(GeneratedCode.Header), Is.Empty);

    [Test]
    public void Error126NamesTheMissingImport()
    {
        string text = LoadErrorText.Describe(KnownImage, ModuleNotFound, _ => false);
        Assert.That(text, Does.StartWith($"{KnownImage}: it needs mscoree.dll, found neither in").And.Contain("error 126"));
    }

    [Test]
    public void Error126WithEveryImportPresentSaysSo()
    {
        string text = LoadErrorText.Describe(KnownImage, ModuleNotFound, _ => true);
        Assert.That(text, Does.Contain("a library that one of its libraries needs is missing"));
    }

    [Test]
    public void Error126ForAFileThatIsNotThereMeansNotFound()
    {
        string text = LoadErrorText.Describe("pinion_none.dll", ModuleNotFound, _ => false);
        Assert.That(LoadErrorText.SaysNotFound(text, "pinion_none.dll"), Is.True);
    }

    [TestCase("An attempt was made to load a program with an incorrect format. (0x800700C1)", "another processor")]
    [TestCase("The specified procedure could not be found. (0x8007007F)", "lacks a function")]
    public void OtherWindowsErrorsAreExplained(string message, string expected) =>
        Assert.That(LoadErrorText.Describe(@"C:\x\pinion_host.dll", message, _ => false), Does.StartWith(@"C:\x\pinion_host.dll: ").And.Contain(expected));

    [TestCase("libpinion_host.so: cannot open shared object file: No such file or directory", true)]
    [TestCase("libpinion_host.so: libnvinfer.so.8: cannot open shared object file: No such file or directory", false)]
    [TestCase("libpinion_host.so: undefined symbol: x", false)]
    public void AMissingDependencyIsNotAMissingLibrary(string text, bool expected) =>
        Assert.That(LoadErrorText.SaysNotFound(text, "libpinion_host.so"), Is.EqualTo(expected));

    [Test]
    public void TheAdviceOfTheRuntimeIsDropped()
    {
        const string Message = "Unable to load shared library '/x/a.so' or one of its dependencies. Consider strace: \n/x/a.so: file too short\n";
        Assert.That(LoadErrorText.Describe("/x/a.so", Message, _ => false), Is.EqualTo("/x/a.so: file too short"));
    }
}
