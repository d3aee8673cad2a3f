namespace Pinion.Bindings;

/// <summary>Turns the runtime's load errors into the one fact that helps: which library or symbol is missing.</summary>
internal static class LoadErrorText
{
    /// <param name="path">What was to be loaded.</param>
    /// <param name="message">The message of the exception that NativeLibrary.Load threw.</param>
    /// <param name="canLoad">Whether the system finds a library by name or path.</param>
    internal static string Describe(string path, string message, Func<string, bool> canLoad)
    {
        string detail = message.Contains("(0x", StringComparison.Ordinal)
            ? DescribeWindows(path, message, canLoad)
            : SystemLines(message);
        return detail.Contains(path, StringComparison.Ordinal) ? detail : $"{path}: {detail}";
    }

    /// <summary>Whether the text says that <paramref name="file"/> itself, not something it needs, does not exist.</summary>
    internal static bool SaysNotFound(string text, string file) =>
        text.StartsWith($"{file}: cannot open shared object file", StringComparison.Ordinal)
        || text.StartsWith($"{file}: no such library", StringComparison.Ordinal)
        || (text.StartsWith($"dlopen({file}", StringComparison.Ordinal) && text.Contains("no such file", StringComparison.Ordinal)
            && !text.Contains("Library not loaded", StringComparison.Ordinal));

    /// <summary>On Unix the runtime puts advice on the first line and the loader's own words after it.</summary>
    private static string SystemLines(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length > 1 ? string.Join(' ', lines[1..]) : message.Trim();
    }

    private static string DescribeWindows(string path, string message, Func<string, bool> canLoad)
    {
        if (message.Contains("0x8007007E", StringComparison.OrdinalIgnoreCase))
        {
            return Locate(path) is string file ? DescribeMissingImports(file, canLoad) : "no such library (error 126).";
        }

        if (message.Contains("0x800700C1", StringComparison.OrdinalIgnoreCase))
        {
            return "not a library for this process (error 193): it is damaged or built for another processor.";
        }

        if (message.Contains("0x8007007F", StringComparison.OrdinalIgnoreCase))
        {
            return "a library that it needs lacks a function (error 127): it was built for a newer version of that library.";
        }

        return message.Trim();
    }

    private static string? Locate(string path)
    {
        string[] folders = Path.IsPathRooted(path)
            ? [""]
            : Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [];
        return folders.Select(f => Path.Combine(f, path)).FirstOrDefault(File.Exists);
    }

    /// <summary>Windows says only that something is missing (error 126); the import table says what.</summary>
    private static string DescribeMissingImports(string path, Func<string, bool> canLoad)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string[] missing = [.. PortableExecutableImports.Read(path)
            .Where(name => !canLoad(Path.Combine(folder, name)) && !canLoad(name))];
        return missing.Length == 0
            ? "a library that one of its libraries needs is missing (error 126): all that it names itself are found."
            : $"it needs {string.Join(", ", missing)}, found neither in {folder} nor on PATH (error 126).";
    }
}
