namespace Pinion.Cli;

/// <summary>Checks of paths that deserve better words than the system's.</summary>
internal static class Files
{
    public static void RequireFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new WorkException($"{path} is a folder; give a file.");
        }
        if (!File.Exists(path))
        {
            throw new WorkException($"{path} does not exist.");
        }
    }

    /// <summary>A file name for a tensor: names in ONNX are paths as often as not.</summary>
    public static string NameFor(string tensor, string extension, ISet<string> taken)
    {
        string safe = string.Concat(tensor.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).TrimStart('.');
        safe = safe.Length == 0 ? "tensor" : safe.Length > 120 ? safe[..120] : safe;
        string name = safe + extension;
        for (int i = 2; !taken.Add(name.ToLowerInvariant()); i++)
        {
            name = $"{safe}_{i}{extension}";
        }
        return name;
    }
}
