using System.Security.Cryptography;
using Pinion.Onnx;

namespace Pinion.Benchmarking;

/// <summary>A model of a suite: a file, or a name of the source.</summary>
internal sealed record SuiteSubject(SuiteModel Model, string Slug, string? File, string? SourceName);

/// <summary>Finds the models that patterns mean.</summary>
internal static class SuiteModels
{
    /// <exception cref="BenchmarkSettingException">A pattern means nothing; the message names the nearest model.</exception>
    public static IReadOnlyList<SuiteSubject> Resolve(IReadOnlyList<string> patterns, ISuiteModelSource? source)
    {
        if (patterns.Count == 0)
        {
            patterns = source is null ? throw new BenchmarkSettingException($"{BenchmarkSetting.Models}: give at least one .onnx file.") : [source.Prefix + "*"];
        }

        var subjects = new List<SuiteSubject>();
        var slugs = new HashSet<string>();
        foreach (string pattern in patterns)
        {
            foreach (SuiteSubject subject in Matches(pattern, source) ?? [FromFile(pattern, source)])
            {
                if (!subjects.Any(s => s.Model.Name == subject.Model.Name))
                {
                    subjects.Add(subject with { Slug = FileName.For(subject.Slug, "", slugs) });
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
        foreach (string data in OnnxExternalData.Find(file))
        {
            Append(hash, data);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Null where the pattern is none of the source's.</summary>
    private static IEnumerable<SuiteSubject>? Matches(string pattern, ISuiteModelSource? source)
    {
        if (source is null || !pattern.StartsWith(source.Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string wanted = pattern[source.Prefix.Length..];
        string[] names = [.. source.Names.Where(n => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(wanted, n, ignoreCase: true))];
        if (names.Length == 0)
        {
            throw new BenchmarkSettingException(
                $"{BenchmarkSetting.Models} {pattern}: the {source.Prefix.TrimEnd(':')} has no such model. {NearestName.Hint(wanted.Replace("*", "", StringComparison.Ordinal), source.Names)}");
        }

        return names.Select(n => new SuiteSubject(source.Describe(n), n, null, n));
    }

    private static SuiteSubject FromFile(string path, ISuiteModelSource? source)
    {
        if (!path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            string other = source is null ? "no" : $"neither {source.Prefix}PATTERN nor an";
            throw new BenchmarkSettingException($"{BenchmarkSetting.Models} {path} is {other} .onnx file.");
        }

        string full = Path.GetFullPath(path);
        if (!System.IO.File.Exists(full))
        {
            string? nearest = Path.GetDirectoryName(full) is { } folder && Directory.Exists(folder)
                ? NearestName.Find(Path.GetFileName(full), Directory.EnumerateFiles(folder, "*.onnx").Select(f => Path.GetFileName(f)))
                : null;
            throw new BenchmarkException($"{path} does not exist.{(nearest is null ? "" : $" Did you mean {nearest}?")}");
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
