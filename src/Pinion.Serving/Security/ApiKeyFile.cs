namespace Pinion.Serving;

/// <summary>Keys from a file: one a line; empty lines and those that begin with # are passed over.</summary>
public static class ApiKeyFile
{
    private const int ShortestKey = 16;

    /// <summary>Reads them.</summary>
    /// <exception cref="ArgumentException">There is none, or one is too short to be a secret, or holds what a header cannot.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        var keys = new List<string>();
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            string key = line.Trim();
            if (key.Length > 0 && key[0] != '#')
            {
                keys.Add(Checked(key, $"line {number} of {path}"));
            }
        }

        return keys.Count > 0 ? keys : throw new ArgumentException($"{path} has no key: write one a line, of {ShortestKey} characters or more.");
    }

    /// <summary>Gives back a key that can serve as one.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static string Checked(string key, string where)
    {
        ArgumentNullException.ThrowIfNull(key);
        return FindProblem(key, where) is { } problem ? throw new ArgumentException(problem) : key;
    }

    /// <summary>Why a key cannot serve as one; null if it can. Never says the key itself.</summary>
    internal static string? FindProblem(string? key, string where) =>
        key is null or { Length: < ShortestKey } ? $"The key in {where} has {key?.Length ?? 0} characters; it must have {ShortestKey} or more."
        : key.All(c => c is > ' ' and <= '~') ? null
        : $"The key in {where} has characters that a header cannot hold; use ASCII without spaces.";
}
