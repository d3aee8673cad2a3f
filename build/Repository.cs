using System.Runtime.InteropServices;

namespace Pinion.Build;

/// <summary>Where things lie. Everything built goes to artifacts/, everything fetched to the user's cache folder.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>The native libraries of every SDK that was built, and ONNX Runtime; copied beside each .NET output.</summary>
    public static string NativeLibraries => Path.Combine(Artifacts, "native", "lib");

    /// <summary>What the suite's report is made of and the repository does not hold.</summary>
    public static string Web => Path.Combine(Artifacts, "web");

    public static string Cli => Path.Combine(Artifacts, "bin", OperatingSystem.IsWindows() ? "pinion.exe" : "pinion");

    /// <summary>PINION_CACHE, else the folder where this OS keeps caches.</summary>
    public static string Cache { get; } = FindCache();

    public static string Rid { get; } =
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")
        + (RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "-arm64" : "-x64");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pinion.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new BuildException($"no Pinion.slnx above {AppContext.BaseDirectory}; run build.sh or build.ps1 of a checkout.");
    }

    private static string FindCache()
    {
        if (Environment.GetEnvironmentVariable("PINION_CACHE") is { Length: > 0 } chosen)
        {
            return Path.GetFullPath(chosen);
        }

        if (OperatingSystem.IsWindows())
        {
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "pinion", "cache");
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches", "pinion")
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? Path.Combine(xdg, "pinion")
            : Path.Combine(home, ".cache", "pinion");
    }
}
