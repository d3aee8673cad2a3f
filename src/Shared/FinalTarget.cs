namespace Pinion;

/// <summary>What a path leads to.</summary>
internal static class FinalTarget
{
    /// <summary>As many as Linux follows.</summary>
    private const int MaxLinks = 40;

    /// <summary>
    /// The full path behind all links, those of folders too. It ends at a device: /dev/stdout is a link to what has no
    /// name, or to a file that is open already.
    /// </summary>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    public static string Of(string path)
    {
        int links = 0;
        return Follow(Path.GetFullPath(path), ref links);
    }

    /// <summary>Whether both paths lead to one place.</summary>
    public static bool AreSame(string a, string b)
    {
        bool ignoreCase = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();
        try
        {
            return string.Equals(Of(a), Of(b), ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // Whoever opens the one in a circle says so.
            return false;
        }
    }

    /// <summary>Whether a path without links is in a folder of devices; renaming a file over one would replace the device itself.</summary>
    public static bool IsDevice(string target) =>
        !OperatingSystem.IsWindows() && !IsIn("/dev/shm/", target) && (IsIn("/dev/", target) || IsIn("/proc/", target));

    private static bool IsIn(string folder, string path) => path.StartsWith(folder, StringComparison.Ordinal);

    private static string Follow(string path, ref int links)
    {
        if (IsDevice(path) || Path.GetDirectoryName(path) is not { } folder)
        {
            return path;
        }

        string here = OperatingSystem.IsWindows() ? path : Path.Combine(Follow(folder, ref links), Path.GetFileName(path));
        if (IsDevice(here) || new FileInfo(here).LinkTarget is not { } target)
        {
            return here;
        }

        return ++links <= MaxLinks
            ? Follow(Path.GetFullPath(target, Path.GetDirectoryName(here)!), ref links)
            : throw new IOException("its links lead in a circle");
    }
}
