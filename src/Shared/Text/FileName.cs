namespace Pinion;

/// <summary>File names for tensors and models: names in ONNX are paths as often as not.</summary>
internal static class FileName
{
    private const int MaxLength = 120;

    /// <summary>A name of letters, digits, '.', '-' and '_' that is not among those taken yet, letter case ignored; it is taken then.</summary>
    public static string For(string name, string extension, ISet<string> taken)
    {
        string safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).TrimStart('.');
        safe = safe.Length == 0 ? "tensor" : safe.Length > MaxLength ? safe[..MaxLength] : safe;
        string file = safe + extension;
        for (int i = 2; !taken.Add(file.ToLowerInvariant()); i++)
        {
            file = $"{safe}_{i}{extension}";
        }

        return file;
    }
}
