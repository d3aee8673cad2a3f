namespace Pinion.Bindings.Tests;

internal sealed class LoadErrorTextTests
{
    private const string ModuleNotFound =
        "Unable to load DLL 'x' or one of its dependencies: The specified module could not be found. (0x8007007E)";

    /// <summary>A library that the test knows: every managed one imports mscoree.dll.</summary>
    private static string KnownImage => typeof(NativeLoader).Assembly.Location;

    [Test]
    public void Reads_an_import_table() => Assert.That(PortableExecutableImports.Read(KnownImage), Is.EqualTo(new[] { "mscoree.dll" }));

    [Test]
    public void A_file_that_is_no_image_has_no_imports() => Assert.That(PortableExecutableImports.Read(GeneratedCode.Header), Is.Empty);

    [Test]
    public void Error126_names_the_missing_import()
    {
        string text = LoadErrorText.Describe(KnownImage, ModuleNotFound, _ => false);
        Assert.That(text, Does.StartWith($"{KnownImage}: it needs mscoree.dll, found neither in").And.Contain("error 126"));
    }

    [Test]
    public void Error126_with_every_import_present_says_so()
    {
        string text = LoadErrorText.Describe(KnownImage, ModuleNotFound, _ => true);
        Assert.That(text, Does.Contain("a library that one of its libraries needs is missing"));
    }

    [Test]
    public void Error126_for_a_file_that_is_not_there_means_not_found()
    {
        string text = LoadErrorText.Describe("pinion_none.dll", ModuleNotFound, _ => false);
        Assert.That(LoadErrorText.SaysNotFound(text, "pinion_none.dll"), Is.True);
    }

    [TestCase("An attempt was made to load a program with an incorrect format. (0x800700C1)", "another processor")]
    [TestCase("The specified procedure could not be found. (0x8007007F)", "lacks a function")]
    public void Other_windows_errors_are_explained(string message, string expected) =>
        Assert.That(LoadErrorText.Describe(@"C:\x\pinion_host.dll", message, _ => false), Does.StartWith(@"C:\x\pinion_host.dll: ").And.Contain(expected));

    [TestCase("libpinion_host.so: cannot open shared object file: No such file or directory", true)]
    [TestCase("libpinion_host.so: libnvinfer.so.8: cannot open shared object file: No such file or directory", false)]
    [TestCase("libpinion_host.so: undefined symbol: x", false)]
    public void A_missing_dependency_is_not_a_missing_library(string text, bool expected) =>
        Assert.That(LoadErrorText.SaysNotFound(text, "libpinion_host.so"), Is.EqualTo(expected));

    [Test]
    public void The_advice_of_the_runtime_is_dropped()
    {
        const string Message = "Unable to load shared library '/x/a.so' or one of its dependencies. Consider strace: \n/x/a.so: file too short\n";
        Assert.That(LoadErrorText.Describe("/x/a.so", Message, _ => false), Is.EqualTo("/x/a.so: file too short"));
    }
}
