namespace Pinion.Bindings.Tests;

[NonParallelizable]
internal sealed class NativeLoadOptionsTests
{
    [TestCase(null, null)]
    [TestCase("", null)]
    [TestCase("  ", null)]
    [TestCase("host", "host")]
    [TestCase("NVIDIA", "nvidia")]
    public void Reads_the_forced_sdk(string? value, string? expected) =>
        WithVariable(NativeLoadOptions.SdkVariable, value, () =>
            Assert.That(NativeLoadOptions.FromEnvironment().ForcedSdk, Is.EqualTo(expected)));

    [Test]
    public void The_named_folder_comes_first()
    {
        string folder = Path.Combine(Path.GetTempPath(), "pinion-somewhere");
        WithVariable(NativeLoadOptions.FolderVariable, folder, () =>
            Assert.That(NativeLoadOptions.FromEnvironment().Folders[0], Is.EqualTo(folder)));
    }

    [Test]
    public void Searches_the_programs_folder_then_its_runtimes()
    {
        string program = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        IReadOnlyList<string> folders = NativeSearchFolders.List(null);
        Assert.Multiple(() =>
        {
            Assert.That(folders[0], Is.EqualTo(program));
            Assert.That(folders[1], Is.EqualTo(Path.Combine(program, "runtimes", NativeSearchFolders.PortableRid(), "native")));
            Assert.That(folders, Is.Unique);
            Assert.That(folders.Where(f => !Path.IsPathFullyQualified(f)), Is.Empty);
        });
    }

    [Test]
    public void A_relative_folder_is_made_absolute() =>
        Assert.That(NativeSearchFolders.List("native")[0], Is.EqualTo(Path.GetFullPath("native")));

    private static void WithVariable(string name, string? value, Action action)
    {
        string? before = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
        try
        {
            action();
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, before);
        }
    }
}
