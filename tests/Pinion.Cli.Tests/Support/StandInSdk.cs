using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>
/// The SDK nvidia, linked with official headers and libraries that stand in for NVIDIA's, in a folder of its own, where a test takes some away
/// and says how the others answer. Built by ./build.sh test-nvidia.
/// </summary>
internal sealed class StandInSdk : IDisposable
{
    private readonly TemporaryFolder _folder = Workbench.NewFolder();
    private readonly string _built;

    public StandInSdk(string release)
    {
        _built = Folders.Single(f => Path.GetFileName(f) == release);
        foreach (string file in Directory.GetFiles(Path.Combine(_built, "lib")))
        {
            File.Copy(file, _folder[Path.GetFileName(file)]);
        }
    }

    /// <summary>The releases whose headers it was linked with, as tensorrt-10.16; none where nothing was built.</summary>
    public static IEnumerable<string> Releases => Folders.Select(f => Path.GetFileName(f)!);

    /// <summary>How many GPUs NVIDIA's driver and CUDA's runtime count.</summary>
    public int Devices { get; set; }

    /// <summary>What NVIDIA's driver says when it is started; 0 is well.</summary>
    public int DriverError { get; set; }

    /// <summary>What TensorRT's library says that it is; null: the release of the headers.</summary>
    public Version? TensorRt { get; set; }

    /// <summary>Whether TensorRT's builder opens its resources by name, as NVIDIA's does.</summary>
    public bool OpensResources { get; set; }

    /// <summary>Whether TensorRT refuses every plan for want of a plugin.</summary>
    public bool WantsPlugin { get; set; }

    public string Library => _folder["libpinion_nvidia.so"];

    public string Folder => _folder.Path;

    private static string[] Folders => Environment.GetEnvironmentVariable("PINION_TEST_STANDIN")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Deletes the library whose name begins so and gives back its name.</summary>
    public string Remove(string name)
    {
        string file = Directory.GetFiles(_folder.Path, $"{name}.so*").Single();
        File.Delete(file);
        return Path.GetFileName(file);
    }

    /// <summary>Puts the builder's resources beside the other libraries and gives back their file's name.</summary>
    public string AddResources()
    {
        string file = Directory.GetFiles(Path.Combine(_built, "resource")).Single();
        File.Copy(file, _folder[Path.GetFileName(file)]);
        return Path.GetFileName(file);
    }

    /// <summary>Runs the command with this SDK to be found; asked for by name, or left to choose with null.</summary>
    public CliResult Run(string? sdk, params string[] args) => Cli.RunWith(
        [
            ("PINION_NATIVE_DIR", Folder),
            ("PINION_SDK", sdk ?? ""),
            ("LD_LIBRARY_PATH", Path.Combine(_built, "driver")),
            ("STANDIN_DEVICES", $"{Devices}"),
            ("STANDIN_OPENS_RESOURCE", OpensResources ? "1" : ""),
            ("STANDIN_WANTS_PLUGIN", WantsPlugin ? "1" : ""),
            ("STANDIN_DRIVER_ERROR", $"{DriverError}"),
            ("STANDIN_TENSORRT", TensorRt is null ? "" : $"{Number(TensorRt)}"),
        ],
        args);

    public void Dispose() => _folder.Dispose();

    private static int Number(Version v) => v.Major >= 10 ? (v.Major * 10000) + (v.Minor * 100) + v.Build : (v.Major * 1000) + (v.Minor * 100) + v.Build;
}
