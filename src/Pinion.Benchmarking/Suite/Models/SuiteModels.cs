using System.Security.Cryptography;

namespace Pinion.Cli.Suite.Models;

/// <summary>A model of a suite: a name of the zoo, or a file.</summary>
internal sealed record SuiteSubject(SuiteModel Model, string Slug, string? File, string? ZooName);

/// <summary>Finds the models that patterns mean.</summary>
internal static class SuiteModels
{
    public const string ZooPrefix = "zoo:";

    private const string All = ZooPrefix + "*";

    /// <exception cref="UsageException">A pattern means nothing; the message names the nearest model.</exception>
    public static IReadOnlyList<SuiteSubject> Resolve(IReadOnlyList<string> patterns)
    {
        var subjects = new List<SuiteSubject>();
        var slugs = new HashSet<string>();
        foreach (string pattern in patterns.Count == 0 ? [All] : patterns)
        {
            foreach (SuiteSubject subject in pattern.StartsWith(ZooPrefix, StringComparison.OrdinalIgnoreCase) ? FromZoo(pattern) : [FromFile(pattern)])
            {
                if (!subjects.Any(s => s.Model.Name == subject.Model.Name))
                {
                    subjects.Add(subject with { Slug = Files.NameFor(subject.Slug, "", slugs) });
                }
            }
        }
        return subjects;
    }

    /// <summary>SHA-256 of the model's file and, as they are part of it, of the files beside it that it names for its weights.</summary>
    public static string Hash(string file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, file);
        foreach (string data in ExternalData.Find(file))
        {
            Append(hash, data);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<SuiteSubject> FromZoo(string pattern)
    {
        string wanted = pattern[ZooPrefix.Length..];
        string[] names = [.. ModelZoo.Names.Where(n => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(wanted, n, ignoreCase: true))];
        if (names.Length == 0)
        {
            throw new UsageException($"--models {pattern}: the zoo has no such model. {NearestName.Hint(wanted.Replace("*", "", StringComparison.Ordinal), [.. ModelZoo.Names])}");
        }
        return names.Select(n => new SuiteSubject(ModelZoo.Describe(n), n, null, n));
    }

    private static SuiteSubject FromFile(string path)
    {
        if (!EngineSource.IsModel(path))
        {
            throw new UsageException($"--models {path} is neither {ZooPrefix}PATTERN nor an .onnx file.");
        }
        string full = Path.GetFullPath(path);
        if (!System.IO.File.Exists(full))
        {
            string? nearest = Path.GetDirectoryName(full) is { } folder && Directory.Exists(folder)
                ? NearestName.Find(Path.GetFileName(full), Directory.EnumerateFiles(folder, "*.onnx").Select(f => Path.GetFileName(f)))
                : null;
            throw new WorkException($"{path} does not exist.{(nearest is null ? "" : $" Did you mean {nearest}?")}");
        }
        string title = Path.GetFileNameWithoutExtension(full);
        var model = new SuiteModel(full, title, null, null, null, null, null, null, null, null, []);
        return new SuiteSubject(model, title, full, null);
    }

    private static void Append(IncrementalHash hash, string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        byte[] buffer = new byte[1 << 20];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
        }
    }
}
