namespace Pinion.Build;

/// <summary>A folder that CMake builds in.</summary>
internal static class BuildFolder
{
    private const string MadeIn = "CMAKE_CACHEFILE_DIR:INTERNAL=";

    /// <summary>CMake refuses a folder that it made at another path: a checkout that was copied or moved starts afresh.</summary>
    public static void ForgetIfMoved(string folder)
    {
        string cache = Path.Combine(folder, "CMakeCache.txt");
        string? made = File.Exists(cache) ? File.ReadLines(cache).FirstOrDefault(line => line.StartsWith(MadeIn, StringComparison.Ordinal))?[MadeIn.Length..] : null;
        if (made is not null && !(Directory.Exists(made) && Real(made) == Real(folder)))
        {
            Console.WriteLine($"native: {folder} was made in {made}; the checkout has moved since, so it is built afresh");
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The path without links, as CMake compares it. It exists.</summary>
    private static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent)
        {
            return full;
        }

        var folder = new DirectoryInfo(Path.Combine(Real(parent), Path.GetFileName(full)));
        return folder.ResolveLinkTarget(returnFinalTarget: true) is { } target ? Real(target.FullName) : folder.FullName;
    }
}
