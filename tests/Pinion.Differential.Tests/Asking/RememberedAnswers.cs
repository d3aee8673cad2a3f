using System.Security.Cryptography;
using System.Text.Json;

namespace Pinion.Differential.Tests;

/// <summary>Answers that a library gave, in a file: while the host is mended, NVIDIA's need not be asked again.</summary>
internal sealed class RememberedAnswers
{
    private readonly string _file;
    private readonly string _library;
    private readonly Dictionary<string, Answer> _answers;

    /// <param name="file">Where they are kept.</param>
    /// <param name="library">Whose they are; those of another version of it, or of memory filled otherwise, are forgotten.</param>
    public RememberedAnswers(string file, string library)
    {
        var info = new FileInfo(library);
        _file = file;
        _library = $"{info.Length} {info.LastWriteTimeUtc.Ticks}";
        Content? content = File.Exists(file) ? JsonSerializer.Deserialize<Content>(File.ReadAllBytes(file)) : null;
        _answers = content?.Library == _library ? content.Answers : [];
    }

    /// <summary>Asks about those models alone that are new.</summary>
    public IReadOnlyList<Answer> Ask(Asker asker, IReadOnlyList<Case> cases)
    {
        string[] hashes = [.. cases.Select(c => Convert.ToHexString(SHA256.HashData(c.Write())))];
        int[] unknown = [.. Enumerable.Range(0, cases.Count).Where(i => !_answers.ContainsKey(hashes[i])).DistinctBy(i => hashes[i])];
        IReadOnlyList<Answer> answers = asker.Ask([.. unknown.Select(i => cases[i])]);
        foreach ((int index, Answer answer) in unknown.Zip(answers))
        {
            _answers[hashes[index]] = answer;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        // Whether one is in time depends on what else the machine does.
        var kept = _answers.Where(a => a.Value.Verdict != Verdict.TimedOut).ToDictionary();
        File.WriteAllBytes(_file, JsonSerializer.SerializeToUtf8Bytes(new Content(_library, kept)));
        return [.. hashes.Select(h => _answers[h])];
    }

    private sealed record Content(string Library, Dictionary<string, Answer> Answers);
}
